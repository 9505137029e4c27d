//! The crate's tests: what it promises, the golden files, nasty values, and speed.

mod contract;
mod golden;
mod nasty;
mod office;
mod settings;
mod speed;
