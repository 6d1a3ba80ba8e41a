//! What people see of a run. Consumes events and reports; decides nothing.

mod outlier;
mod picture;
mod table;
mod terminal;

pub use outlier::outliers;
pub use picture::{difference_png, png};
pub use table::{details, summary, table};
pub use terminal::Terminal;
