//! Datagrams put together by hand, octet by octet.

pub(crate) const MAC: [u8; 6] = [0x00, 0x15, 0x65, 0xf4, 0xf9, 0xe1];
pub(crate) const DISCOVER: [u8; 3] = [53, 1, 1];

/// A request from [`MAC`] with these bytes after the cookie.
pub(crate) fn request(options: &[u8]) -> Vec<u8> {
    let mut datagram = vec![1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef, 0, 7, 0x80, 0];
    datagram.extend([0; 16]);
    datagram.extend(MAC);
    datagram.extend([0; 10 + 64 + 128]);
    datagram.extend([99, 130, 83, 99]);
    datagram.extend(options);
    datagram
}

/// A request whose `file` and `sname` begin with these bytes.
pub(crate) fn overloaded(options: &[u8], file: &[u8], sname: &[u8]) -> Vec<u8> {
    let mut datagram = request(options);
    datagram[108..108 + file.len()].copy_from_slice(file);
    datagram[44..44 + sname.len()].copy_from_slice(sname);
    datagram
}

/// Code, length and value.
pub(crate) fn option(code: u8, value: &[u8]) -> Vec<u8> {
    let mut option = vec![code, u8::try_from(value.len()).unwrap()];
    option.extend(value);
    option
}

/// A discover with one more option and an end octet.
pub(crate) fn discover_with(code: u8, value: &[u8]) -> Vec<u8> {
    request(&[&DISCOVER[..], &option(code, value), &[255]].concat())
}
