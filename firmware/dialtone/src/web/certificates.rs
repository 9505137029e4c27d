//! Certificates: what the box shows and whom it believes. What an admin brings is looked at as a
//! whole, its key put to it, before the exchange hears of it.

use super::body::body_of;
use super::office::{notice, Wish};
use super::route::CertificateRoute;
use super::{reply, Admin};
use crate::call::{AskCertificates, Call, Reply, ToldCertificates};
use crate::http::Answered;
use crate::tls;
use exchange::certificates::CertificatesView;
use exchange::command::{By, CertificateFlaw, CertificateWish, Command};
use exchange::limits::CERTIFICATE_FILE_BYTES_MAX;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::{HeaderMap, StatusCode};
use pages::form::{certificate_place, Fields, Upload, FORM_BYTES_MAX};
use pages::CertificateForm;

impl Admin<'_> {
    pub(super) async fn certificates(&self, query: &str) -> Answered {
        let Some(view) = self.look_at_certificates().await else { return reply::unavailable() };
        let html = pages::certificates(&view, &self.viewer(notice(query)), None);
        reply::html(StatusCode::OK, html)
    }

    async fn certificates_again(&self, form: CertificateForm, why: &str) -> Answered {
        let Some(view) = self.look_at_certificates().await else { return reply::unavailable() };
        let html = pages::certificates(&view, &self.viewer(None), Some((form, why)));
        reply::html(StatusCode::UNPROCESSABLE_ENTITY, html)
    }

    /// Takes a file with a certificate that is to be shown, or of an authority of phones.
    pub(super) async fn bring_certificate(
        &self,
        route: CertificateRoute,
        headers: &HeaderMap,
        body: Incoming,
    ) -> Answered {
        let most = CERTIFICATE_FILE_BYTES_MAX + FORM_BYTES_MAX;
        let bytes = match body_of(self.visitor, body, most).await {
            Ok(bytes) => bytes,
            Err(refused) => return *refused,
        };
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let upload = match Upload::parse(kind.unwrap_or_default(), &bytes) {
            Ok(upload) => upload,
            Err(error) => {
                return reply::message(StatusCode::BAD_REQUEST, "Not done", &error.to_string());
            }
        };
        if !self.session.sent(upload.csrf()) {
            return reply::foreign();
        }
        let text = upload.bytes("file").unwrap_or_default();
        let (form, done, read) = match route == CertificateRoute::Install {
            true => {
                let read = tls::chain_and_key(text).map(CertificateWish::Install);
                (CertificateForm::Shown, "/certificates?done=certificate", read)
            }
            false => {
                let read = tls::one_authority(text).map(CertificateWish::Trust);
                (CertificateForm::Phones, "/certificates?done=certificate-authority", read)
            }
        };
        self.change_certificate(form, done, read).await
    }

    /// Shows one of the box's own again, or believes an authority no more.
    pub(super) async fn remove_certificate(&self, fields: &Fields) -> Answered {
        let wish = certificate_place(fields).map(CertificateWish::Remove);
        let wish = wish.ok_or(CertificateFlaw::Gone);
        let form = match fields.field("place") {
            Some("installed") => CertificateForm::Shown,
            Some(_) | None => CertificateForm::Phones,
        };
        self.change_certificate(form, "/certificates?done=certificate-removed", wish).await
    }

    async fn change_certificate(
        &self,
        form: CertificateForm,
        done: &'static str,
        wish: Result<CertificateWish, CertificateFlaw>,
    ) -> Answered {
        let wish = match wish {
            Ok(wish) => wish,
            Err(flaw) => return self.certificates_again(form, &flaw.to_string()).await,
        };
        let side = self.visitor.origin.side;
        let by = By { side, source: self.visitor.source(), seen: None };
        match self.wish_by(by, Command::ChangeCertificate(wish)).await {
            Wish::Done => {
                if let Some(secured) = self.visitor.site.secured() {
                    secured.look_again();
                }
                reply::see(done)
            }
            Wish::Refused(refusal) => self.certificates_again(form, &refusal.to_string()).await,
            Wish::Unanswered => reply::unavailable(),
        }
    }

    async fn look_at_certificates(&self) -> Option<Box<CertificatesView>> {
        let shown = self.visitor.site.secured().map(|it| it.chain()).unwrap_or_default();
        match self.visitor.desk.ask(Call::Certificates(AskCertificates::Look { shown })).await {
            Some(Reply::Certificates(ToldCertificates::Looked(view))) => Some(view),
            _other => None,
        }
    }
}
