//! The name by which the box is found on its LAN, and whether somebody who asks means it.

use exchange::limits::MDNS_NAMES_MAX;

/// The name without its domain, where nobody else on the LAN has it.
pub(crate) const NAME: &str = "dialtone";

/// Whether a name of a request is one of the box's: with a number where somebody else on the LAN
/// had the name first. Such names are given by multicast DNS on the link alone (RFC 6762 section
/// 3), so no page of elsewhere can be at one of them.
pub(crate) fn is_ours(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let Some(rest) = name.strip_prefix(NAME).and_then(|rest| rest.strip_suffix(".local")) else {
        return name == "localhost";
    };
    let number = rest.strip_prefix('-').filter(|number| !number.starts_with(['0', '+']));
    let number = number.and_then(|number| number.parse::<u32>().ok());
    rest.is_empty() || number.is_some_and(|number| (2..=MDNS_NAMES_MAX).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_box_is_meant_by_its_name_and_by_those_it_may_have_to_take() {
        let good = ["localhost", "dialtone.local", "DialTone.Local", "dialtone.local."];
        let numbered = ["dialtone-2.local", "dialtone-20.local"];
        assert!(good.iter().chain(&numbered).all(|name| is_ours(name)));
        let bad = [
            "",
            "local",
            "dialtone",
            "dialtone.com",
            "dialtone.local.evil.example",
            "evil-dialtone.local",
            "dialtone-.local",
            "dialtone-0.local",
            "dialtone-1.local",
            "dialtone-02.local",
            "dialtone-+2.local",
            "dialtone-21.local",
            "dialtone-99999999999.local",
            "dialtone2.local",
        ];
        assert!(bad.iter().all(|name| !is_ours(name)));
    }
}
