//! The firmware of phones: what there is, a file on its way in, and one that is deleted.
//!
//! An upload goes from the connection to the flash piece by piece; the connection is not read
//! faster than the flash can write. What is wrong is said before anything is erased: the fields
//! come before the file, and how long the file is follows from the length of the request. What
//! comes after that is still taken off the line, so that the browser hears why.

use super::office::notice;
use super::{reply, Admin};
use crate::call::{AskFirmware, Call, Reply, ToldFirmware};
use crate::firmware::{Failed, Stock, Store, Told, Upload};
use crate::http::Answered;
use exchange::catalog::Family;
use exchange::firmware::About;
use exchange::limits::{FIRMWARE_FIELD_BYTES_MAX, FIRMWARE_PIECE_BYTES, FIRMWARE_SENT_MAX};
use exchange::view::FirmwareView;
use exchange::FileNo;
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::{HeaderMap, StatusCode};
use journal::files::{NotBegun, Room};
use pages::firmware::{too_large, FirmwareForm, Place};
use pages::form::{Fields, FormError, Piece, UploadStream};

/// Why a file was not stored.
enum NotStored {
    /// A form that no page of ours sent.
    Foreign,
    /// In a sentence that the page shows.
    Because(String),
    /// It stopped coming.
    TooSlow,
}

impl From<FormError> for NotStored {
    fn from(error: FormError) -> NotStored {
        NotStored::Because(error.to_string())
    }
}

impl Admin<'_> {
    pub(super) async fn firmware(&self, query: &str) -> Answered {
        self.firmware_page(StatusCode::OK, notice(query), &FirmwareForm::default()).await
    }

    async fn firmware_page(
        &self,
        status: StatusCode,
        notice: Option<&str>,
        form: &FirmwareForm,
    ) -> Answered {
        let Some(view) = self.all_firmware().await else { return reply::unavailable() };
        let place = match self.visitor.site.store() {
            Store::Shelf(shelf) => match shelf.look().await {
                Some(stock) => Place::Room(shown(stock.room)),
                None => return reply::unavailable(),
            },
            Store::Unusable(why) => Place::Unusable(why),
            Store::Nowhere => Place::Nowhere,
        };
        let html = pages::firmware::firmware(&view, place, &self.viewer(notice), form);
        reply::html(status, html)
    }

    async fn all_firmware(&self) -> Option<Box<FirmwareView>> {
        match self.ask_firmware(AskFirmware::All).await {
            Some(ToldFirmware::All(view)) => Some(view),
            _other => None,
        }
    }

    async fn ask_firmware(&self, ask: AskFirmware) -> Option<ToldFirmware> {
        match self.visitor.desk.ask(Call::Firmware(ask)).await {
            Some(Reply::Firmware(told)) => Some(told),
            _other => None,
        }
    }

    /// Has the exchange know what there is after a change.
    fn tells_firmware(&self) -> impl Told {
        let (source, desk) = (self.visitor.source(), self.visitor.desk.clone());
        move |Stock { files, .. }| {
            desk.tell(Call::Firmware(AskFirmware::Changed { source, files }));
        }
    }

    pub(super) async fn delete_firmware(&self, fields: &Fields) -> Answered {
        let no = fields.field("file").and_then(|no| no.parse().ok()).map(FileNo);
        let Some((no, shelf)) = no.zip(self.visitor.site.firmware()) else {
            return reply::unknown();
        };
        match shelf.delete(no, self.tells_firmware()).await {
            Some(()) => reply::see("/firmware?done=firmware-deleted"),
            None => reply::unavailable(),
        }
    }

    /// Takes a file in.
    pub(super) async fn upload_firmware(&self, headers: &HeaderMap, body: Incoming) -> Answered {
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let mut incoming = match UploadStream::new(kind.unwrap_or_default()) {
            Ok(stream) => Form {
                admin: self,
                left: body.size_hint().exact().unwrap_or(0),
                body,
                stream,
                fields: FirmwareForm::default(),
                is_ours: false,
            },
            Err(error) => {
                return reply::message(StatusCode::BAD_REQUEST, "Not done", &error.to_string());
            }
        };
        let why = match incoming.store().await {
            Ok(()) => return reply::see("/firmware?done=firmware"),
            Err(why) => why,
        };
        incoming.discard().await;
        let error = match why {
            NotStored::Foreign => return reply::foreign(),
            NotStored::Because(sentence) => sentence,
            NotStored::TooSlow => "The file stopped coming. Upload it once more.".to_owned(),
        };
        let form = FirmwareForm { error: Some(error), ..incoming.fields };
        self.firmware_page(StatusCode::UNPROCESSABLE_ENTITY, None, &form).await
    }
}

fn shown(room: Room) -> pages::firmware::Room {
    let Room { largest, free, all } = room;
    pages::firmware::Room { largest: largest.into(), free: free.into(), all: all.into() }
}

/// A form with a file, on its way in.
struct Form<'a> {
    admin: &'a Admin<'a>,
    body: Incoming,
    /// Bytes of the request that have not come.
    left: u64,
    stream: UploadStream,
    fields: FirmwareForm,
    /// Whether it carries this session's token.
    is_ours: bool,
}

impl Form<'_> {
    /// Stores the file that comes.
    async fn store(&mut self) -> Result<(), NotStored> {
        loop {
            match self.piece().await? {
                Piece::Begins { file: Some(file), name } if name == "file" => {
                    let upload = self.begin(&file).await?;
                    return self.keep(upload).await;
                }
                Piece::Begins { name, .. } => self.field(&name).await?,
                Piece::Bytes(_) | Piece::Ends => (),
                Piece::Done => return Err(because("Choose a file first.")),
            }
        }
    }

    /// The next piece of the form.
    async fn piece(&mut self) -> Result<Piece, NotStored> {
        loop {
            if let Some(piece) = self.stream.piece()? {
                return Ok(piece);
            }
            let within = self.admin.visitor.limits.body;
            let frame = tokio::time::timeout(within, self.body.frame()).await;
            let frame = frame.map_err(|_late| NotStored::TooSlow)?.ok_or(FormError::Garbled)?;
            let Ok(frame) = frame else { return Err(NotStored::TooSlow) };
            let bytes = frame.into_data().unwrap_or_default();
            self.left = self.left.saturating_sub(bytes.len() as u64);
            self.stream.feed(&bytes);
        }
    }

    /// Reads a field; the token comes first.
    async fn field(&mut self, name: &str) -> Result<(), NotStored> {
        let mut value = Vec::new();
        loop {
            match self.piece().await? {
                Piece::Bytes(bytes) if value.len() + bytes.len() <= FIRMWARE_FIELD_BYTES_MAX => {
                    value.extend(bytes);
                }
                Piece::Ends => break,
                Piece::Bytes(_) | Piece::Begins { .. } | Piece::Done => {
                    return Err(FormError::Garbled.into());
                }
            }
        }
        let value = String::from_utf8(value).map_err(|_binary| FormError::Garbled)?;
        if name == "csrf" {
            self.is_ours = self.admin.session.sent(&value);
        }
        if !self.is_ours {
            return Err(NotStored::Foreign);
        }
        match name {
            "maker" => self.fields.maker = value,
            "model" => self.fields.model = value,
            "name" => self.fields.name = value,
            _other => (),
        }
        Ok(())
    }

    /// Finds out whether the file that now comes may, and has room made for it.
    async fn begin(&mut self, own_name: &str) -> Result<Upload, NotStored> {
        if !self.is_ours {
            return Err(NotStored::Foreign);
        }
        let shelf = self.admin.visitor.site.firmware();
        let shelf = shelf.ok_or_else(|| because("This box has no place for such files."))?;
        let own_name = own_name.rsplit(['/', '\\']).next().unwrap_or_default();
        if own_name.is_empty() {
            return Err(because("Choose a file first."));
        }
        let typed = self.fields.name.trim();
        let name = if typed.is_empty() { own_name } else { typed }.to_owned();
        let family = match &*self.fields.maker {
            "" => None,
            id => Some(Family::from_id(id).ok_or(FormError::Garbled)?),
        };
        let model = self.fields.model.clone();
        let about =
            self.may_keep(AskFirmware::MayKeep { name: name.clone(), family, model }).await?;
        let behind = self.stream.end_bytes();
        let bytes = (self.left + self.stream.waiting() as u64).saturating_sub(behind as u64);
        shelf.begin(name, about, bytes).await.map_err(|why| match why {
            NotBegun::TooLarge { missing } => NotStored::Because(too_large(missing)),
            NotBegun::TooMany => {
                because("There are as many files as there can be. Delete one first.")
            }
            NotBegun::Unnamed => because("This file is empty."),
            NotBegun::Busy => because("Another file is on its way. Wait until it is there."),
        })
    }

    async fn may_keep(&self, ask: AskFirmware) -> Result<About, NotStored> {
        match self.admin.ask_firmware(ask).await {
            Some(ToldFirmware::MayKeep(Ok(about))) => Ok(about),
            Some(ToldFirmware::MayKeep(Err(why))) => Err(NotStored::Because(why.to_string())),
            _other => Err(because("The box cannot do this just now.")),
        }
    }

    /// Puts what comes on flash; it counts once the form has come to its end.
    async fn keep(&mut self, upload: Upload) -> Result<(), NotStored> {
        let mut held = Vec::new();
        loop {
            match self.piece().await? {
                Piece::Bytes(bytes) => {
                    held.extend(bytes);
                    let whole = held.len() / FIRMWARE_PIECE_BYTES * FIRMWARE_PIECE_BYTES;
                    let rest = held.split_off(whole);
                    let come = Bytes::from(std::mem::replace(&mut held, rest));
                    self.put(&upload, come).await?;
                }
                Piece::Ends => break,
                Piece::Begins { .. } | Piece::Done => return Err(FormError::Garbled.into()),
            }
        }
        self.put(&upload, Bytes::from(held)).await?;
        match self.piece().await? {
            Piece::Done => Ok(upload.finish(self.admin.tells_firmware()).await?),
            Piece::Begins { .. } | Piece::Bytes(_) | Piece::Ends => Err(FormError::Garbled.into()),
        }
    }

    async fn put(&self, upload: &Upload, mut bytes: Bytes) -> Result<(), NotStored> {
        while !bytes.is_empty() {
            let piece = bytes.split_to(bytes.len().min(FIRMWARE_PIECE_BYTES));
            upload.write(piece).await?;
            self.admin.visitor.visit.moves();
        }
        Ok(())
    }

    /// Takes the rest off the line, up to a bound.
    async fn discard(&mut self) {
        let within = self.admin.visitor.limits.body;
        let mut taken = 0;
        while taken < FIRMWARE_SENT_MAX {
            let Ok(Some(Ok(frame))) = tokio::time::timeout(within, self.body.frame()).await else {
                return;
            };
            taken += frame.data_ref().map_or(0, |bytes| bytes.len() as u64);
            self.admin.visitor.visit.moves();
        }
    }
}

fn because(sentence: &str) -> NotStored {
    NotStored::Because(sentence.to_owned())
}

impl From<Failed> for NotStored {
    fn from(why: Failed) -> NotStored {
        match why {
            Failed::TooMuch => FormError::Garbled.into(),
            Failed::Flash(words) => NotStored::Because(format!(
                "The flash failed: {words}. The part that did is left out; upload the file once more."
            )),
            Failed::Gone => because("The box cannot do this just now."),
        }
    }
}
