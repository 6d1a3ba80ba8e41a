//! What people see of a run. Consumes events and reports; decides nothing.

mod table;
mod terminal;

pub use table::{details, summary, table};
pub use terminal::Terminal;
