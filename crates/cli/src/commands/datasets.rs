//! `tracesmith datasets`: real data sets that are known by name, simulated ones, and the catalogue of generated ones.

mod fetch;
mod known;
mod list;
mod publish;
mod remove;
mod simulate;
mod state;
mod verify;

use std::{env, path::PathBuf};

use clap::Subcommand;
use tracesmith_catalogue::Catalogue;
use tracesmith_ingest::Manifest;

use crate::terminal::{Terminal, print, print_json};
use known::Known;

/// The environment variable that names the root of the catalogue.
const CATALOGUE_VARIABLE: &str = "TRACESMITH_CATALOGUE";

/// Root of the catalogue without one, relative to the working directory.
const USUAL_CATALOGUE: &str = "data/catalogue";

/// List, fetch, check and simulate data sets; publish generated ones
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith datasets list
  tracesmith datasets fetch nezha-tt
  tracesmith datasets path eadro-sn
  tracesmith datasets simulate socialnetwork-sim -n 2000 --out traces.csv --faults-out faults.json
  tracesmith datasets publish shop --traces synthetic.csv --model model --licence CC-BY-4.0
  tracesmith datasets card shop/v1

Real data is looked for in $TRACESMITH_REAL_DATA if it is set, else in ../shared/datasets; and in data/NAME, where `fetch` puts it.
Generated data sets lie in the catalogue, as NAME/v1, NAME/v2, …")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
    /// Folder of the generated data sets [default: $TRACESMITH_CATALOGUE, else data/catalogue]
    #[arg(long, value_name = "DIR", global = true)]
    catalogue: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the data sets: whether they are at hand, where, and how large
    List {
        /// Compare fetched and generated ones with their checksums as well
        #[arg(long)]
        verify: bool,
        /// Print JSON, with licence, citation and source
        #[arg(long)]
        json: bool,
    },
    /// Say what is known about a data set
    Info {
        /// A data set: its name, a manifest's TOML file, or NAME/vN of the catalogue
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the trace files of a data set on this machine, one a line
    Path {
        /// Name of the data set, or a manifest's TOML file
        #[arg(value_parser = Manifest::find_or_read)]
        name: Manifest,
    },
    Fetch(Box<fetch::Args>),
    /// Compare the files of a fetched or generated data set with their checksums
    Verify {
        /// A data set; of a generated one all versions, or one as NAME/vN
        name: String,
    },
    /// Print the card of a generated data set, in Markdown
    Card {
        /// NAME, for the latest version, or NAME/vN
        name: String,
    },
    Publish(Box<publish::Args>),
    /// Remove a fetched data set, or a generated one
    Rm {
        /// A data set; of a generated one all versions, or one as NAME/vN
        name: String,
        /// Do it; without this, only say what would be removed
        #[arg(long)]
        yes: bool,
    },
    Simulate(simulate::Args),
}

pub fn run(args: Args, terminal: Terminal) -> anyhow::Result<()> {
    let catalogue = catalogue(args.catalogue);
    match args.verb {
        Verb::List { verify, json } => list::run(&catalogue, verify, json),
        Verb::Info { name, json } => info(&Known::find(&name, &catalogue)?, json),
        Verb::Path { name } => {
            let located = name.locate()?;
            let lines: Vec<String> = located.data.iter().map(|path| path.display().to_string()).collect();
            Ok(print(lines.join("\n"))?)
        }
        Verb::Fetch(args) => fetch::run(*args, terminal),
        Verb::Verify { name } => verify::run(&Known::find(&name, &catalogue)?, &catalogue),
        Verb::Card { name } => card(&Known::find(&name, &catalogue)?),
        Verb::Publish(args) => publish::run(&args, &catalogue, terminal),
        Verb::Rm { name, yes } => remove::run(&Known::find(&name, &catalogue)?, &catalogue, yes, terminal),
        Verb::Simulate(args) => simulate::run(&args, terminal),
    }
}

fn catalogue(root: Option<PathBuf>) -> Catalogue {
    let variable = || env::var_os(CATALOGUE_VARIABLE).filter(|root| !root.is_empty()).map(PathBuf::from);
    Catalogue::open(root.or_else(variable).unwrap_or_else(|| USUAL_CATALOGUE.into()))
}

fn info(known: &Known, json: bool) -> anyhow::Result<()> {
    match known {
        Known::Manifest(manifest) if json => print_json(&list::Listed::of(manifest, false)?),
        Known::Manifest(manifest) => Ok(print(list::Listed::of(manifest, false)?.description())?),
        Known::Versions(versions) if json => {
            let manifests = versions.iter().map(|entry| entry.manifest()).collect::<Result<Vec<_>, _>>()?;
            print_json(&manifests)
        }
        Known::Versions(versions) => {
            let descriptions =
                versions.iter().map(|entry| Ok(list::of_version(&entry.manifest()?, &entry.folder))).collect::<anyhow::Result<Vec<_>>>()?;
            Ok(print(descriptions.join("\n"))?)
        }
    }
}

fn card(known: &Known) -> anyhow::Result<()> {
    match known {
        Known::Versions(versions) => match versions.last() {
            Some(latest) => Ok(print(latest.card()?)?),
            None => Ok(()),
        },
        Known::Manifest(manifest) => {
            anyhow::bail!("{} is no generated data set: `tracesmith datasets info {0}` says what is known about it", manifest.name)
        }
    }
}
