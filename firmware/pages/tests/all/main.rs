//! What every page has to be: as its golden file says, safe, labelled, and light.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

mod certificates;
mod dhcp;
mod firmware;
mod generic;
mod golden;
mod hostile;
mod identity;
mod machine;
mod mutation;
mod office;
mod preview;
mod recovery;
mod rules;
mod settings;
mod shape;
mod sheet;
mod tags;
mod templates;
mod users;
mod weight;
