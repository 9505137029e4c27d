//! What is read of the state. Nothing here changes anything.

use super::*;

impl Durable {
    /// The address that belongs to a device.
    pub fn address_of(&self, mac: Mac) -> Option<Ipv4Addr> {
        self.addresses.get(&mac).copied()
    }

    /// The device that an address belongs to.
    pub fn holder_of(&self, address: Ipv4Addr) -> Option<Mac> {
        self.holders.get(&address).copied()
    }

    /// All devices and their addresses.
    pub fn addresses(&self) -> impl Iterator<Item = (Mac, Ipv4Addr)> + '_ {
        self.addresses.iter().map(|(mac, address)| (*mac, *address))
    }

    /// How many devices have an address.
    pub fn addresses_len(&self) -> usize {
        self.addresses.len()
    }

    /// A handset by its number.
    pub fn handset(&self, handset: HandsetNo) -> Option<&Handset> {
        self.handsets.get(&handset)
    }

    /// All handsets.
    pub fn handsets(&self) -> impl Iterator<Item = (HandsetNo, &Handset)> {
        self.handsets.iter().map(|(no, handset)| (*no, handset))
    }

    /// A handset by its hardware address.
    pub fn handset_of(&self, mac: Mac) -> Option<(HandsetNo, &Handset)> {
        let no = *self.by_mac.get(&mac)?;
        Some((no, self.handsets.get(&no)?))
    }

    /// The line that a login belongs to.
    pub(crate) fn line_of(&self, login: &LoginId) -> Option<(HandsetNo, LineNo)> {
        self.by_login.get(login).copied()
    }

    /// The line at which an extension rings.
    pub fn line_at(&self, extension: Extension) -> Option<(HandsetNo, LineNo)> {
        self.handsets.iter().find_map(|(no, handset)| {
            let at = handset.lines.iter().position(|line| line.extension == Some(extension))?;
            Some((*no, LineNo::new(at as u8 + 1)?))
        })
    }

    /// A number for a new handset; `None` when there is no room.
    pub fn free_handset(&self) -> Option<HandsetNo> {
        if self.handsets.len() >= HANDSETS_MAX {
            return None;
        }
        let after = self.last_handset.0;
        (1..=u16::MAX)
            .map(|step| HandsetNo(after.wrapping_add(step)))
            .find(|no| no.0 != 0 && !self.handsets.contains_key(no))
    }

    /// How many bytes of flash all facts take together; what a snapshot needs.
    pub fn record_bytes(&self) -> u64 {
        self.addresses.len() as u64 * ADDRESS_RECORD_BYTES
            + self.handset_bytes
            + self.settings.record_bytes()
            + SITE_RECORD_BYTES_MAX
            + self.templates.record_bytes()
            + self.signs.record_bytes()
            + self.rules.bans_bytes()
            + self.certificates.record_bytes()
            + self.users.record_bytes()
    }

    /// The number that a handset was given last; 0 before the first.
    pub(crate) fn last_handset(&self) -> HandsetNo {
        self.last_handset
    }

    /// The key of the backups; `None` until a passphrase was chosen.
    pub fn backup_key(&self) -> Option<&BackupKey> {
        self.backup_key.as_ref()
    }

    /// What is set of phones, by layer.
    pub fn settings(&self) -> &Store {
        &self.settings
    }

    /// Bytes of what all handsets keep here of their own changes.
    pub(crate) fn own_file_bytes(&self) -> usize {
        let files = self.handsets.values().flat_map(|handset| handset.own.values());
        files.map(|file| file.0.len()).sum()
    }

    /// The templates of an admin's own.
    pub fn templates(&self) -> &OwnTemplates {
        &self.templates
    }

    /// The signs of phones of an admin's own.
    pub fn signs(&self) -> &OwnSigns {
        &self.signs
    }

    /// Whom the box answers by DHCP, and who was there before it.
    pub fn beside(&self) -> &Beside {
        &self.beside
    }

    /// The certificates that are kept.
    pub(crate) fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// The hash of the admin's password; `None` until it was changed for the first time.
    pub fn admin_password(&self) -> Option<&PasswordHash> {
        self.admin_password.as_ref()
    }
}
