//! Cisco SPA and Linksys: one family, but the older half reads a host where the newer reads a URL,
//! and most of its addresses also belong to routers.

use super::options::begins;

/// Whether the vendor class says phone; without one, the prefix of the address may be a router's.
pub(super) fn is_surely_a_phone(vendor_class: Option<&[u8]>) -> bool {
    vendor_class.is_some_and(|class| !class.is_empty())
}

/// Whether it is of the Linksys generation, which takes the host of its TFTP server only.
pub(super) fn reads_hosts_only(vendor_class: Option<&[u8]>) -> bool {
    begins(vendor_class, "linksys") || begins(vendor_class, "sipura")
}
