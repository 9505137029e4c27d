//! What is set of phones: the pages of the site, a maker and a model, and the one form that changes
//! a setting, of a handset too.

use super::office::{notice, Wish};
use super::{reply, Admin};
use crate::call::{Call, Reply};
use crate::http::Answered;
use exchange::catalog::Family;
use exchange::layer::Layer;
use exchange::view::SettingsView;
use hyper::StatusCode;
use pages::form::{self, Fields, Place, SettingForm};
use wire::Mac;

const NO_SUCH: &str = "There is no such maker, or a range of firmware came without its model.";

impl Admin<'_> {
    pub(super) async fn settings(&self, layer: Option<Layer>, query: &str) -> Answered {
        let Some(layer) = layer else { return reply::unknown() };
        let Some(view) = self.look_at_settings(layer).await else { return reply::unavailable() };
        let html = pages::settings(&view, &self.viewer(notice(query)), None);
        reply::html(StatusCode::OK, html)
    }

    /// Goes to the page of a layer.
    pub(super) fn open_settings(&self, fields: &Fields) -> Answered {
        match form::place(fields) {
            Some(Place::Layer(layer)) => reply::see_made(&pages::settings_path(&layer)),
            Some(Place::Handset(_)) | None => {
                reply::message(StatusCode::UNPROCESSABLE_ENTITY, "Not found", NO_SUCH)
            }
        }
    }

    pub(super) async fn change_setting(&self, fields: &Fields) -> Answered {
        match form::place(fields) {
            Some(Place::Layer(layer)) => self.change_layer(fields, layer).await,
            Some(Place::Handset(mac)) => self.change_handset_setting(fields, mac).await,
            None => reply::message(StatusCode::UNPROCESSABLE_ENTITY, "Not saved", NO_SUCH),
        }
    }

    async fn change_layer(&self, fields: &Fields, layer: Layer) -> Answered {
        let form = match self.try_setting(fields, layer.clone()).await {
            Ok(()) => {
                let path = pages::settings_path(&layer);
                let joint = if path.contains('?') { '&' } else { '?' };
                return reply::see_made(&format!("{path}{joint}done=setting"));
            }
            Err(Some(form)) => form,
            Err(None) => return reply::unavailable(),
        };
        let Some(view) = self.look_at_settings(layer).await else { return reply::unavailable() };
        let html = pages::settings(&view, &self.viewer(None), Some(&form));
        reply::html(StatusCode::UNPROCESSABLE_ENTITY, html)
    }

    async fn change_handset_setting(&self, fields: &Fields, mac: Mac) -> Answered {
        let handset = match self.look_at(mac).await {
            Some(view) => view.and_then(|view| view.handset).map(|row| row.handset),
            None => return reply::unavailable(),
        };
        let Some(handset) = handset else { return reply::unknown() };
        let form = match self.try_setting(fields, Layer::Handset(handset)).await {
            Ok(()) => return reply::see_made(&pages::handset_settings_path(mac)),
            Err(Some(form)) => form,
            Err(None) => return reply::unavailable(),
        };
        // Looked at again: a refusal may mean that it is not what it was.
        match self.look_at(mac).await {
            Some(Some(view)) => {
                let html = pages::device_setting(&view, &self.viewer(None), &form);
                reply::html(StatusCode::UNPROCESSABLE_ENTITY, html)
            }
            Some(None) => reply::unknown(),
            None => reply::unavailable(),
        }
    }

    /// Changes a setting; the form as it is shown again if that was refused, `None` if nobody
    /// answered.
    async fn try_setting(
        &self,
        fields: &Fields,
        layer: Layer,
    ) -> Result<(), Option<Box<SettingForm>>> {
        let command = form::setting(fields, layer).map_err(Some)?;
        match self.wish(fields, command).await {
            Wish::Done => Ok(()),
            Wish::Refused(refusal) => Err(Some(Box::new(SettingForm::refused(fields, refusal)))),
            Wish::Unanswered => Err(None),
        }
    }

    async fn look_at_settings(&self, layer: Layer) -> Option<Box<SettingsView>> {
        match self.visitor.desk.ask(Call::LookAtSettings(layer)).await {
            Some(Reply::LookedAtSettings(view)) => Some(view),
            _other => None,
        }
    }
}

/// The layer of a maker's page, by his name in the path.
pub(super) fn family(id: &str) -> Option<Layer> {
    Family::from_id(id).map(Layer::Family)
}

/// The layer of a model's page, by its query.
pub(super) fn model(query: &str) -> Option<Layer> {
    match form::place(&Fields::parse(query.as_bytes()).ok()?)? {
        Place::Layer(layer @ Layer::Model { .. }) => Some(layer),
        Place::Layer(_) | Place::Handset(_) => None,
    }
}
