//! The doors for what is kept elsewhere or taken along: firmware of phones, and backups.

use crate::*;

/// Firmware of phones, which is kept elsewhere.
impl Exchange {
    /// Says which files there are from now on.
    pub fn firmware_kept(&mut self, files: Vec<Firmware>) {
        self.office.firmware = files;
        self.office.revision += 1;
    }

    /// Whether such a file may come, and what is to be written down about it.
    pub fn may_keep(&self, now: Now, offered: &Offered<'_>) -> Result<About, NotFirmware> {
        self.office.may_keep(now, offered)
    }

    /// An admin put a file there, or deleted one.
    pub fn firmware_changed(&mut self, now: Now, source: Ipv4Addr) {
        self.office.note(now, Note::FirmwareChanged(source));
    }

    /// The files as they may be shown.
    pub fn firmware_view(&self, now: Now) -> FirmwareView {
        self.office.firmware_view(now)
    }
}

/// Backup and restore.
impl Exchange {
    /// Seals backups from now on under this key.
    pub fn set_backup_key(
        &mut self,
        now: Now,
        source: Ipv4Addr,
        key: BackupKey,
    ) -> Result<RecordNo, Refusal> {
        let event = Event::BackupKeySet { key };
        if self.office.read_only {
            return Err(Refusal::NotStored);
        }
        if !self.office.has_room_to_change(&event) {
            return Err(Refusal::FlashFull);
        }
        self.office.record_site(event);
        self.office.note(now, Note::PassphraseSet(source));
        Ok(self.office.latest_record())
    }

    /// A copy of the state with its surroundings, to make a backup of or to read one onto.
    pub fn footing(&self) -> Footing {
        let office = &self.office;
        Footing {
            facts: office.durable.facts().collect(),
            board: office.board.clone(),
            room: office.flash_bytes,
            network_stays: self.trial.hindrance(&office.board).is_some(),
        }
    }

    /// An admin takes a backup with him.
    pub fn backed_up(&mut self, now: Now, source: Ipv4Addr) {
        self.office.note(now, Note::BackedUp(source));
    }

    /// Whether the whole state may be replaced by another one. If so, nothing more may be asked of
    /// this exchange, nor anything that it still wants be done.
    pub fn may_be_replaced(&mut self, now: Now, source: Ipv4Addr) -> Result<(), Refusal> {
        if self.office.read_only {
            return Err(Refusal::NotStored);
        }
        self.office.note(now, Note::Restoring(source));
        Ok(())
    }
}
