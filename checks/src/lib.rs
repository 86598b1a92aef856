//! What holds for the workspace as a whole, read from its sources and manifests; the tests beside this crate ask it.

pub mod module_graph;
pub mod workspace;
