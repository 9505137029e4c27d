//! Real DHCP, TFTP, HTTP and SIP clients against the real daemon in network namespaces.
