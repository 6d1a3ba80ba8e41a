//! Everything that is made from the records of runs: tables, HTML, JUnit, Markdown, annotations, the matrix of many
//! machines and the history. It opens no device and decides no verdict.

pub mod history;
pub mod matrix;
pub mod report;
