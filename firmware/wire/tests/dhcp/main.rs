//! The DHCP codec from outside: its rules one by one, an independent codec, a corpus, and chance.

#[cfg(test)]
mod chance;
#[cfg(test)]
mod datagrams;
#[cfg(test)]
mod differential;
#[cfg(test)]
mod encoding;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod mutations;
#[cfg(test)]
mod parsing;
