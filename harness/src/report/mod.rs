//! What people see of a run. Consumes events and reports; decides nothing.

mod outlier;
mod picture;
mod stability;
mod table;
mod terminal;

pub use outlier::outliers;
pub use picture::{difference_png, png};
pub use stability::stability;
pub use table::{details, summary, table};
pub use terminal::Terminal;
