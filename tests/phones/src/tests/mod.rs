//! Each phone against a tiny scripted box, and what it says when the box is wrong.

mod dhcp;
mod makers;
mod office;
mod sip;
