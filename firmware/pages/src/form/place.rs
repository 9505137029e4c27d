//! Where an own template stands, as forms and addresses of pages say it.

use super::Fields;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use exchange::limits::TEXT_MAX;
use exchange::names::{HandsetNo, Mac, Text};
use exchange::view::{Family, Firmware, Layer, Place};

/// A place as it was typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TypedPlace {
    /// It says all.
    Whole(Place),
    /// It names a handset by its hardware address.
    OfHandset {
        /// The template.
        template: Text,
        /// The handset.
        mac: Mac,
    },
}

/// Reads the fields of a place, or says what is wrong with them.
pub fn template_place(fields: &Fields) -> Result<TypedPlace, String> {
    let field = |name: &'static str| fields.field(name).unwrap_or_default().trim();
    let template = Text::try_from(field("template"))
        .map_err(|_too_long| "No file is made from a template of this name.".to_string())?;
    let short = |name: &'static str, what: &str| {
        let long = |_| format!("The {what} is too long: {TEXT_MAX} letters fit.");
        Text::try_from(field(name)).map_err(long)
    };
    let family = || {
        let known = Family::from_id(field("maker"));
        known.ok_or_else(|| "This maker is not known.".to_string())
    };
    let layer = match field("layer") {
        "site" => Layer::Site,
        "family" => Layer::Family(family()?),
        "model" => Layer::Model {
            family: family()?,
            model: short("model", "model")?,
            firmware: Firmware { from: short("from", "firmware")?, to: short("to", "firmware")? },
        },
        "handset" => match field("handset").parse() {
            Ok(number) => Layer::Handset(HandsetNo(number)),
            Err(_none) => {
                let mac = Mac::parse(field("mac").replace(' ', "-").as_bytes());
                let mac = mac.ok_or_else(|| super::BAD_MAC.to_string())?;
                return Ok(TypedPlace::OfHandset { template, mac });
            }
        },
        _other => return Err("Choose how far the template is to reach.".to_string()),
    };
    Ok(TypedPlace::Whole(Place { template, layer }))
}

/// The fields that say this place.
pub fn place_fields(place: &Place) -> Vec<(&'static str, String)> {
    let mut fields = Vec::from([("template", place.template.to_string())]);
    let mut add = |name, value: &str| {
        if !value.is_empty() {
            fields.push((name, value.to_string()));
        }
    };
    match &place.layer {
        Layer::Site => add("layer", "site"),
        Layer::Family(family) => {
            add("layer", "family");
            add("maker", family.id());
        }
        Layer::Model { family, model, firmware: Firmware { from, to } } => {
            add("layer", "model");
            add("maker", family.id());
            add("model", model);
            add("from", from);
            add("to", to);
        }
        Layer::Handset(number) => {
            add("layer", "handset");
            add("handset", &number.0.to_string());
        }
    }
    fields
}

/// The same as the query of an address.
pub fn place_query(place: &Place) -> String {
    let mut query = String::new();
    for (name, value) in place_fields(place) {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'/' => {
                    query.push(char::from(byte));
                }
                other => query.push_str(&format!("%{other:02X}")),
            }
        }
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;
    use exchange::names::text;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let firmware = Firmware { from: text("84"), to: text("") };
        let model = |model: &str| Layer::Model {
            family: Family::Polycom,
            model: text(model),
            firmware: firmware.clone(),
        };
        for layer in [
            Layer::Site,
            Layer::Family(Family::Yealink),
            model("VVX 450"),
            model("é&=+%\""),
            Layer::Handset(HandsetNo(65_535)),
        ] {
            let place = Place { template: text("yealink/mac.cfg"), layer };
            let query = place_query(&place);
            let fields = Fields::parse(query.as_bytes()).unwrap();
            assert_eq!(super::template_place(&fields), Ok(TypedPlace::Whole(place)), "{query}");
        }
    }

    #[test]
    fn what_is_no_place_is_said() {
        let read = |body: &str| template_place(&Fields::parse(body.as_bytes()).unwrap());
        let by_mac = read("template=a/b&layer=handset&mac=00:15:65:00:00:01");
        let mac = Mac([0, 0x15, 0x65, 0, 0, 1]);
        assert_eq!(by_mac, Ok(TypedPlace::OfHandset { template: text("a/b"), mac }));
        let long = format!("template={}&layer=site", "x".repeat(41));
        for body in [
            "",
            "template=a/b",
            "template=a/b&layer=desk",
            "template=a/b&layer=family&maker=nobody",
            "template=a/b&layer=handset&mac=1",
            &long,
            "layer=model&maker=snom&model=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert!(read(body).is_err_and(|said| said.ends_with('.')), "{body}");
        }
    }
}
