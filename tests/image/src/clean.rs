//! What a console must never say, and what it may say all the same.
//!
//! The words are those by which the kernel and our own programs report that something went wrong.
//! They are looked for in small and capital letters alike, in every line of the console. A harmless
//! line is named in [`HARMLESS`] with the reason, in as many words as make it that line.

/// Words of a line that reports a fault: the kernel's, and those that our own programs use.
const FAULTS: [&str; 18] = [
    "panic",
    "oops",
    "bug",
    "error",
    "fail",
    "warning",
    "call trace",
    "unable to",
    "not loaded",
    "damaged",
    "cut off",
    "cannot",
    "could not",
    "stays down",
    "does not fit",
    "no slot holds",
    "there is no",
    "nothing new",
];

/// A piece of a line that has one of those words, and why it is harmless.
const HARMLESS: &[(&str, &str)] = &[
    (
        "(for the first log-in; you choose your own then)",
        "letters drawn by chance may spell a word",
    ),
    ("(for what the recovery page offers)", "letters drawn by chance may spell a word"),
];

/// The lines of a console that report a fault.
pub fn unclean(console: &str) -> Vec<String> {
    let is_fault = |line: &&str| {
        let small = line.to_lowercase();
        FAULTS.iter().any(|word| small.contains(word))
            && !HARMLESS.iter().any(|(piece, _)| line.contains(piece))
    };
    console.lines().filter(is_fault).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_console_that_reports_a_fault_is_unclean() {
        let console = "The root file system is in slot root-a.\n\
            [    9.1] Kernel panic - not syncing: Attempted to kill init!\n\
            [    9.2] SQUASHFS error: unable to read a block\n\
            dialtone: the state cannot be read: I/O Error\n\
            Slot root-a is empty or damaged.\n\
            the WAN cannot be shut: no nf_tables; the WAN stays down\n\
            the last write was cut off by a power loss and was dropped\n\
            Admin page: https://192.168.10.1/\n\
            Password:   dbug-vep2-sa2i-xerz   (for the first log-in; you choose your own then)\n\
            Code:   fail-bug2   (for what the recovery page offers)\n";
        assert_eq!(unclean(console).len(), 6);
    }

    #[test]
    fn what_is_harmless_has_a_reason_and_is_a_fault_otherwise() {
        for (piece, reason) in HARMLESS {
            assert!(!reason.is_empty() && unclean(piece).is_empty(), "{piece}");
        }
    }
}
