//! TFTP packets as a client sends them (RFC 1350 section 5, RFC 2347).

/// A read (`opcode` 1) or write (2) request for `name` with options in this order.
pub fn request(opcode: u16, name: &str, mode: &str, options: &[(&str, &str)]) -> Vec<u8> {
    let mut out = opcode.to_be_bytes().to_vec();
    for text in [name, mode] {
        out.extend_from_slice(text.as_bytes());
        out.push(0);
    }
    for (key, value) in options {
        for text in [key, value] {
            out.extend_from_slice(text.as_bytes());
            out.push(0);
        }
    }
    out
}

/// An acknowledgement of `block`.
pub fn ack(block: u16) -> Vec<u8> {
    let mut out = vec![0, 4];
    out.extend_from_slice(&block.to_be_bytes());
    out
}

/// A block of a file.
pub fn data(block: u16, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0, 3];
    out.extend_from_slice(&block.to_be_bytes());
    out.extend_from_slice(bytes);
    out
}

/// An error with this code and text.
pub fn error(code: u16, text: &str) -> Vec<u8> {
    let mut out = vec![0, 5];
    out.extend_from_slice(&code.to_be_bytes());
    out.extend_from_slice(text.as_bytes());
    out.push(0);
    out
}
