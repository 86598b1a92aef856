//! Columns of few different texts.

use std::sync::Arc;

use polars::prelude::{Categorical32Chunked, CategoricalMapping, Categories, Column, DataType, IntoColumn, NewChunkedArray, UInt32Chunked};

/// A column of few different texts.
pub(crate) struct CategoryBuilder {
    mapping: Arc<CategoricalMapping>,
    dtype: DataType,
    ids: Vec<Option<u32>>,
}

impl CategoryBuilder {
    /// A column of the categories that all frames share, so that they can be compared and joined.
    pub fn with_capacity(rows: usize) -> Self {
        let categories = Categories::global();
        let mapping = categories.mapping();
        Self { dtype: DataType::Categorical(categories, Arc::clone(&mapping)), mapping, ids: Vec::with_capacity(rows) }
    }

    pub fn push(&mut self, text: Option<&str>) {
        // Only the 2³²nd different name is refused, which no memory has room for.
        self.ids.push(text.and_then(|text| self.mapping.insert_cat(text).ok()));
    }

    pub fn finish(self, name: &str) -> Column {
        let ids = UInt32Chunked::from_iter_options(name.into(), self.ids.into_iter());
        Categorical32Chunked::from_cats_and_dtype(ids, self.dtype).into_column()
    }
}
