//! The data sets that are known by name.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tracesmith_formats::Format;
use tracesmith_trace::nearest_name;

use crate::{CleaningConfig, IngestOptions, pattern::matching_files, simulate::System};

/// The environment variable that names the folder of the real data.
pub const REAL_DATA_VARIABLE: &str = "TRACESMITH_REAL_DATA";

/// Where real data is looked for if [`REAL_DATA_VARIABLE`] is not set, before `data/<name>`; relative to the working directory.
const USUAL_FOLDER: &str = "../shared/datasets";

/// Folder of the fetched data sets, relative to the working directory.
const FETCHED: &str = "data";

/// The manifests of `datasets/`, built in so that the program works from anywhere.
const EMBEDDED: [(&str, &str); 6] = [
    ("socialnetwork-sim", include_str!("../../../datasets/socialnetwork-sim.toml")),
    ("trainticket-sim", include_str!("../../../datasets/trainticket-sim.toml")),
    ("eadro-sn", include_str!("../../../datasets/eadro-sn.toml")),
    ("eadro-tt", include_str!("../../../datasets/eadro-tt.toml")),
    ("nezha-tt", include_str!("../../../datasets/nezha-tt.toml")),
    ("nezha-ob", include_str!("../../../datasets/nezha-ob.toml")),
];

/// What is known about a data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Name in commands and configuration; the name of the manifest's file.
    #[serde(default)]
    pub name: String,
    /// One line for lists.
    pub title: String,
    /// What it holds.
    pub about: String,
    /// Terms under which it may be used.
    pub licence: String,
    /// The work to be cited.
    #[serde(default)]
    pub citation: Option<String>,
    /// Where it comes from.
    pub source: Source,
}

/// Where a data set comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Source {
    /// A built-in simulator.
    Simulated {
        /// The system that it simulates.
        system: System,
    },
    /// Files that the user has to fetch.
    Files {
        /// Page that the files are on.
        url: String,
        /// Digital object identifier.
        #[serde(default)]
        doi: Option<String>,
        /// The archives of the page.
        #[serde(default)]
        archives: Vec<Archive>,
        /// Name of the data set's folder below the folder of all real data.
        folder: String,
        /// What to fetch and where to put it.
        explanation: String,
        /// The ways in which the files may lie in their folder; the first one with a match counts.
        layouts: Vec<Layout>,
    },
}

/// A file of a data set's page: an archive, or a trace file as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Archive {
    /// Name of the file.
    pub file: String,
    /// Where it can be downloaded. Without it, the archive is only recognised when it comes from elsewhere.
    pub url: Option<String>,
    /// Size in bytes, where it is known.
    pub size: Option<u64>,
    /// MD5 checksum in hexadecimal digits, where it is known; another one means another packaging of the data.
    pub md5: Option<String>,
    /// SHA-256 checksum in hexadecimal digits, where it is known.
    pub sha256: Option<String>,
    /// Leading folders of the paths inside that are left out.
    pub strip: usize,
    /// Patterns of the paths inside, after stripping, that are unpacked, with all below them; everything if there is none.
    pub only: Vec<String>,
}

impl Archive {
    /// Whether a checksum is known.
    pub fn is_pinned(&self) -> bool {
        self.md5.is_some() || self.sha256.is_some()
    }
}

/// One way in which files of a data set may lie in their folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Name of this packaging, for reports.
    pub packaging: String,
    /// Format of the traces.
    pub format: Format,
    /// Pattern of the trace files, with `*` for any text.
    pub data: String,
    /// Pattern of the fault files.
    #[serde(default)]
    pub faults: Option<String>,
    /// By how many seconds the clock of the spans is ahead of that of the fault files.
    #[serde(default)]
    pub clock_offset_s: i64,
}

/// The files of a data set on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Trace files, sorted, at least one.
    pub data: Vec<PathBuf>,
    /// Fault files, sorted.
    pub faults: Vec<PathBuf>,
    /// Format of the trace files.
    pub format: Format,
    /// By how many seconds the clock of the spans is ahead of that of the fault files.
    pub clock_offset_s: i64,
    /// Which packaging of the data was found.
    pub packaging: String,
}

impl Located {
    /// How to read the files, for [`crate::ingest`].
    pub fn options(&self, name: impl Into<String>, cleaning: CleaningConfig) -> IngestOptions {
        let Self { faults, format, clock_offset_s, .. } = self;
        IngestOptions { name: name.into(), format: Some(*format), faults: faults.clone(), clock_offset_s: *clock_offset_s, cleaning }
    }
}

/// Why a data set is not at hand.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ManifestError {
    /// There is no data set of this name.
    #[error("there is no data set {name:?}; did you mean {nearest:?}? The data sets are {all}")]
    Unknown {
        /// The name.
        name: String,
        /// The most similar name.
        nearest: String,
        /// All names.
        all: String,
    },
    /// The data set has no files because it is simulated.
    #[error("{name} is simulated: it has no files")]
    Simulated {
        /// Name of the data set.
        name: String,
    },
    /// The files are not there.
    #[error("the files of {name} are not on this machine (looked in {looked_in})\n{explanation}\nThey are on {url}")]
    Missing {
        /// Name of the data set.
        name: String,
        /// The folders that were looked in.
        looked_in: String,
        /// What to fetch and where to put it.
        explanation: String,
        /// Where to fetch it.
        url: String,
    },
    /// A manifest's file cannot be used.
    #[error("the manifest {}: {reason}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl Manifest {
    /// Every manifest, those that need no file first.
    ///
    /// # Panics
    /// Never: the manifests are built in, and a test reads them all.
    pub fn all() -> Vec<Self> {
        let parse = |(name, text): (&str, &str)| {
            let manifest: Self = toml::from_str(text).unwrap_or_else(|error| panic!("built-in manifest {name}: {error}"));
            Self { name: name.to_owned(), ..manifest }
        };
        EMBEDDED.into_iter().map(parse).collect()
    }

    /// The manifest of the data set `name`.
    ///
    /// # Errors
    /// [`ManifestError::Unknown`] with the most similar name.
    pub fn find(name: &str) -> Result<Self, ManifestError> {
        let all = Self::all();
        if let Some(found) = all.iter().find(|manifest| manifest.name == name) {
            return Ok(found.clone());
        }
        let nearest = nearest_name(name, all.iter().map(|manifest| manifest.name.as_str())).unwrap_or_default().to_owned();
        let all = all.into_iter().map(|manifest| manifest.name).collect::<Vec<_>>().join(", ");
        Err(ManifestError::Unknown { name: name.to_owned(), nearest, all })
    }

    /// The manifest in the file `text` if that is the path of a TOML file, else the one of that name.
    ///
    /// # Errors
    /// [`ManifestError::Unusable`] for a file, [`ManifestError::Unknown`] for a name.
    pub fn find_or_read(text: &str) -> Result<Self, ManifestError> {
        if text.ends_with(".toml") { Self::read(Path::new(text)) } else { Self::find(text) }
    }

    /// The manifest in a file. Its name is that of the file unless it says another.
    ///
    /// # Errors
    /// [`ManifestError::Unusable`] if the file cannot be read, is no manifest, or has names that are no names of files.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let unusable = |reason: String| ManifestError::Unusable { path: path.to_owned(), reason };
        let text = fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
        let mut manifest: Self = toml::from_str(&text).map_err(|error| unusable(error.to_string().trim_end().to_owned()))?;
        if manifest.name.is_empty() {
            manifest.name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        }
        let files = manifest.archives().iter().map(|archive| &archive.file);
        if let Some(name) = std::iter::once(&manifest.name).chain(files).find(|name| !is_file_name(name)) {
            return Err(unusable(format!("{name:?} must be letters, digits, spaces, '.', '_' and '-', and must not begin with '.'")));
        }
        Ok(manifest)
    }

    /// The archives that are known.
    pub fn archives(&self) -> &[Archive] {
        match &self.source {
            Source::Simulated { .. } => &[],
            Source::Files { archives, .. } => archives,
        }
    }

    /// Where `tracesmith datasets fetch` puts the files: `data/<name>`, relative to the working directory.
    pub fn fetched_folder(&self) -> PathBuf {
        Path::new(FETCHED).join(&self.name)
    }

    /// The files of this data set: below the folder that [`REAL_DATA_VARIABLE`] names if it is set, else below `../shared/datasets`; or in
    /// `data/<name>`.
    ///
    /// # Errors
    /// [`ManifestError::Missing`] with what to fetch and where to put it; [`ManifestError::Simulated`] if there are no files to be had.
    pub fn locate(&self) -> Result<Located, ManifestError> {
        let variable = env::var_os(REAL_DATA_VARIABLE).filter(|folder| !folder.is_empty());
        self.locate_in(&[variable.map_or_else(|| PathBuf::from(USUAL_FOLDER), PathBuf::from), self.fetched_folder()])
    }

    /// The files of this data set in the first of `folders` that has them, directly or in the data set's own folder.
    ///
    /// # Errors
    /// As [`Manifest::locate`].
    pub fn locate_in(&self, folders: &[PathBuf]) -> Result<Located, ManifestError> {
        let Source::Files { url, folder, explanation, layouts, .. } = &self.source else {
            return Err(ManifestError::Simulated { name: self.name.clone() });
        };
        let candidates: Vec<PathBuf> = folders.iter().flat_map(|root| [root.join(folder), root.clone()]).collect();
        let found = candidates.iter().find_map(|candidate| layouts.iter().find_map(|layout| layout.locate(candidate)));
        found.ok_or_else(|| ManifestError::Missing {
            name: self.name.clone(),
            looked_in: candidates.iter().map(|candidate| candidate.display().to_string()).collect::<Vec<_>>().join(", "),
            explanation: explanation.trim().to_owned(),
            url: url.clone(),
        })
    }
}

/// Whether `name` names a file or a folder on every system, and none that is hidden or elsewhere.
fn is_file_name(name: &str) -> bool {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || " ._-".contains(character);
    !name.is_empty() && !name.starts_with(['.', ' ']) && name.chars().all(is_plain)
}

impl Layout {
    fn locate(&self, folder: &Path) -> Option<Located> {
        let data = matching_files(folder, &self.data);
        if data.is_empty() {
            return None;
        }
        Some(Located {
            data,
            faults: self.faults.as_deref().map(|pattern| matching_files(folder, pattern)).unwrap_or_default(),
            format: self.format,
            clock_offset_s: self.clock_offset_s,
            packaging: self.packaging.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_manifest_of_the_folder_is_built_in_and_reads() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
        let mut files: Vec<String> =
            matching_files(&folder, "*.toml").iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
        let mut names: Vec<String> = Manifest::all().into_iter().map(|manifest| manifest.name).collect();
        files.sort();
        names.sort();
        assert_eq!(names, files);
    }

    #[test]
    fn a_simulated_data_set_is_named_as_its_simulator_names_it() {
        let simulated = Manifest::all().into_iter().filter_map(|manifest| match manifest.source {
            Source::Simulated { system } => Some((manifest.name, system.data_set())),
            Source::Files { .. } => None,
        });
        let simulated: Vec<_> = simulated.collect();
        assert_eq!(simulated.len(), 2);
        assert!(simulated.iter().all(|(name, data_set)| name == data_set));
    }

    #[test]
    fn an_unknown_name_leads_to_the_nearest_one() {
        assert_eq!(Manifest::find("eadro-tt").unwrap().name, "eadro-tt");
        let error = Manifest::find("eadro-st").unwrap_err();
        assert!(matches!(&error, ManifestError::Unknown { nearest, .. } if nearest.starts_with("eadro-")), "{error}");
        assert!(error.to_string().contains("socialnetwork-sim, trainticket-sim, eadro-sn"), "{error}");
    }

    #[test]
    fn the_first_layout_with_files_counts_and_brings_its_clock() {
        let root = tempfile::tempdir().unwrap();
        let manifest = Manifest::find("eadro-sn").unwrap();
        let run = root.path().join("SN.2022-04-17T181245D2022-04-17T183616");
        fs::create_dir(&run).unwrap();
        fs::write(run.join("spans.json"), "").unwrap();
        fs::write(root.path().join("SN.fault-2022-04-17T181245D2022-04-17T183616.json"), "").unwrap();
        let roots = [root.path().to_owned()];
        let raw = manifest.locate_in(&roots).unwrap();
        assert_eq!((raw.data.len(), raw.faults.len(), raw.format, raw.clock_offset_s), (1, 1, Format::JAEGER_JSON, 28_800));

        let own = root.path().join("eadro");
        fs::create_dir(&own).unwrap();
        fs::write(own.join("SN.x_trace.csv"), "").unwrap();
        let table = manifest.locate_in(&roots).unwrap();
        assert_eq!((table.data, table.clock_offset_s), (vec![own.join("SN.x_trace.csv")], 0));
    }

    #[test]
    fn every_data_set_of_files_says_where_to_download_it() {
        let with_files: Vec<_> = Manifest::all().into_iter().filter(|manifest| !manifest.archives().is_empty()).collect();
        assert_eq!(with_files.len(), 4);
        for manifest in with_files {
            let urls: Vec<_> = manifest.archives().iter().filter_map(|archive| archive.url.as_deref()).collect();
            assert!(urls.len() == 1 && urls[0].starts_with("https://"), "{}: {urls:?}", manifest.name);
            assert!(manifest.archives().iter().all(|archive| is_file_name(&archive.file)), "{}", manifest.name);
        }
    }

    #[test]
    fn a_manifest_of_ones_own_is_read_from_a_file_and_bad_ones_say_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        let text = "title = \"t\"\nabout = \"a\"\nlicence = \"l\"\n[source]\nkind = \"files\"\nurl = \"u\"\nfolder = \"f\"\n\
                    explanation = \"e\"\n[[source.archives]]\nfile = \"x.zip\"\nstrip = 1\n\
                    [[source.layouts]]\npackaging = \"p\"\nformat = \"jaeger-json\"\ndata = \"*.json\"\n";
        fs::write(&path, text).unwrap();
        let manifest = Manifest::find_or_read(path.to_str().unwrap()).unwrap();
        assert_eq!((manifest.name.as_str(), manifest.archives()[0].strip), ("mine", 1));
        for (from, to, says) in [
            ("x.zip", "../x.zip", "\"../x.zip\" must be"),
            ("strip = 1", "stirp = 1", "unknown field `stirp`"),
            ("title = \"t\"", "name = \".hidden\"\ntitle = \"t\"", "\".hidden\" must be"),
        ] {
            fs::write(&path, text.replace(from, to)).unwrap();
            let error = Manifest::read(&path).unwrap_err().to_string();
            assert!(error.contains("mine.toml") && error.contains(says), "{error}");
        }
        assert!(matches!(Manifest::read(&folder.path().join("none.toml")), Err(ManifestError::Unusable { .. })));
    }

    #[test]
    fn missing_files_are_explained_and_simulated_data_has_none() {
        let root = tempfile::tempdir().unwrap();
        let error = Manifest::find("eadro-tt").unwrap().locate_in(&[root.path().to_owned()]).unwrap_err().to_string();
        for part in ["eadro-tt", root.path().to_str().unwrap(), "https://zenodo.org/records/7615394", REAL_DATA_VARIABLE, "data/eadro-tt"] {
            assert!(error.contains(part), "{part}: {error}");
        }
        let simulated = Manifest::find("trainticket-sim").unwrap().locate_in(&[]);
        assert_eq!(simulated, Err(ManifestError::Simulated { name: "trainticket-sim".into() }));
    }
}
