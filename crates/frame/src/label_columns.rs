//! The columns of a label, which the span table and the trace table have in common.

use polars::prelude::Column;
use tracesmith_trace::{
    Label,
    span_table::{FAULT_KIND, FAULT_SERVICE, LABEL, label_cells},
};

use crate::category::CategoryBuilder;

/// `label`, `fault_kind` and `fault_service`.
pub(crate) struct LabelColumns([CategoryBuilder; 3]);

impl LabelColumns {
    pub fn with_capacity(rows: usize) -> Self {
        Self(std::array::from_fn(|_| CategoryBuilder::with_capacity(rows)))
    }

    pub fn push(&mut self, label: &Label) {
        self.0.iter_mut().zip(label_cells(label)).for_each(|(column, cell)| column.push(cell));
    }

    pub fn finish(self) -> [Column; 3] {
        let [label, kind, service] = self.0;
        [label.finish(LABEL), kind.finish(FAULT_KIND), service.finish(FAULT_SERVICE)]
    }
}
