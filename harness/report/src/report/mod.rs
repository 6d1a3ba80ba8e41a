//! What people and other programs see of a run or of many. Consumes events, reports and matrices; decides nothing.

mod annotations;
mod command;
mod diagnosis;
mod events;
mod files;
pub mod html;
mod junit;
mod markdown;
mod outlier;
mod picture;
mod stability;
mod table;
mod terminal;
pub mod text_table;

pub use annotations::annotations;
pub use command::command;
pub use diagnosis::diagnosis;
pub use events::EventLines;
pub use files::{HTML, ReportText, write_artifacts, write_reports};
pub use junit::junit;
pub use markdown::markdown;
pub use outlier::outliers;
pub use picture::{difference_png, png};
pub use stability::stability;
pub use table::{details, notices, summary, table};
pub use terminal::Terminal;
