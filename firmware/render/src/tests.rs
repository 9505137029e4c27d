//! The crate's tests: what it promises, the golden files, nasty values, and speed.

mod clock;
mod contract;
mod dialling;
mod golden;
mod nasty;
mod office;
mod own;
mod remote;
mod settings;
mod shared;
mod speed;
