//! Archives as the kernel unpacks them for its first program: newc of cpio(5).

/// A file, a folder or a device.
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a str,
    /// Kind and rights.
    pub(crate) mode: u32,
    /// Major and minor number of a device.
    pub(crate) device: (u32, u32),
    pub(crate) content: &'a [u8],
}

impl<'a> Entry<'a> {
    /// Anything that is no device.
    pub(crate) fn file(name: &'a str, mode: u32, content: &'a [u8]) -> Entry<'a> {
        Entry { name, mode, device: (0, 0), content }
    }
}

/// An archive of these.
pub(crate) fn archive(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut archive = Vec::new();
    entries.iter().for_each(|it| entry(&mut archive, it));
    entry(&mut archive, &Entry::file("TRAILER!!!", 0, b""));
    archive
}

fn entry(archive: &mut Vec<u8>, entry: &Entry<'_>) {
    let Entry { name, mode, device: (major, minor), content } = *entry;
    let (length, name_length) = (content.len() as u32, name.len() as u32 + 1);
    // Inode, mode, owner, group, links, time, length, device, special device, name, checksum.
    let number = archive.len() as u32;
    let fields = [number, mode, 0, 0, 1, 0, length, 0, 0, major, minor, name_length, 0];
    archive.extend(b"070701");
    fields.iter().for_each(|it| archive.extend(format!("{it:08x}").bytes()));
    archive.extend(name.bytes());
    archive.push(0);
    aligned(archive);
    archive.extend(content);
    aligned(archive);
}

/// The format pads to words.
pub(crate) fn aligned(archive: &mut Vec<u8>) {
    archive.resize(archive.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_made_of_whole_words_and_ends() {
        let archive = archive(&[Entry::file("a", 0o100_644, b"abcde")]);
        assert_eq!(archive.len() % 4, 0);
        let text = String::from_utf8_lossy(&archive);
        assert_eq!(text.matches("070701").count(), 2);
        assert!(text.contains("abcde") && text.contains("TRAILER!!!"));
    }
}
