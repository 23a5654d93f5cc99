//! `$(name)` in policies: `returnBody` and `callbackBody` as JSON, `callbackBody` as a form, `saveKey` as plain text
//! (qiniu.md 3.2). Values come from the stored object; unknown names are null, or nothing where text is wanted.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::answer::{Granted, Refusal};

/// What templates can name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) etag: String,
    pub(crate) fname: Option<String>,
    pub(crate) fsize: u64,
    pub(crate) mime: String,
    pub(crate) end_user: Option<String>,
    pub(crate) uuid: String,
    /// Of the work that the policy asks for.
    pub(crate) persistent_id: Option<String>,
    /// Custom variables with their `x:`.
    pub(crate) vars: BTreeMap<String, String>,
    /// Unix seconds: the date of `saveKey`, in UTC.
    pub(crate) now: i64,
}

impl Names {
    fn value(&self, name: &str) -> Value {
        match name {
            "bucket" => json!(self.bucket),
            "key" => json!(self.key),
            "etag" => json!(self.etag),
            "fname" => json!(self.fname),
            "fsize" => json!(self.fsize),
            "mimeType" => json!(self.mime),
            "endUser" => json!(self.end_user),
            "uuid" => json!(self.uuid),
            "persistentId" => json!(self.persistent_id),
            "ext" => json!(self.ext()),
            _ => self.vars.get(name).map_or(Value::Null, |text| json!(text)),
        }
    }

    /// The suffix with its dot: of the file name, else of the type.
    fn ext(&self) -> Option<String> {
        let named = self.fname.as_deref().and_then(|name| name.rsplit('/').next()?.rsplit_once('.'));
        if let Some((stem, suffix)) = named
            && !stem.is_empty()
            && (1..=8).contains(&suffix.len())
            && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            return Some(format!(".{suffix}"));
        }
        let suffix = match self.mime.as_str() {
            "video/mp4" => "mp4",
            "video/webm" => "webm",
            "image/jpeg" => "jpg",
            other => mime_guess::get_mime_extensions_str(other)?.first()?,
        };
        Some(format!(".{suffix}"))
    }

    fn text(&self, name: &str) -> String {
        match self.value(name) {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        }
    }

    fn date(&self, name: &str) -> Option<String> {
        let (year, month, day) = civil(self.now.div_euclid(86_400));
        let second = self.now.rem_euclid(86_400);
        Some(match name {
            "year" => format!("{year:04}"),
            "mon" => format!("{month:02}"),
            "day" => format!("{day:02}"),
            "hour" => format!("{:02}", second / 3600),
            "min" => format!("{:02}", second / 60 % 60),
            "sec" => format!("{:02}", second % 60),
            _ => return None,
        })
    }
}

/// Year, month and day of the proleptic Gregorian calendar, `days` after 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    // Years begin in March here, so that the leap day is the last of its year.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// JSON: a name outside quotes becomes a value, inside quotes the text of a string. 400 when the result is no JSON.
pub(crate) fn as_json(template: &str, names: &Names) -> Granted<Value> {
    let mut quoted = false;
    let mut escaped = false;
    let rendered = render(template, |literal, name| {
        if let Some(name) = name {
            if quoted {
                let text = Value::String(names.text(name)).to_string();
                return text[1..text.len() - 1].to_owned();
            }
            return names.value(name).to_string();
        }
        for c in literal.chars() {
            if escaped {
                escaped = false;
            } else if c == '\\' {
                escaped = quoted;
            } else if c == '"' {
                quoted = !quoted;
            }
        }
        literal.to_owned()
    });
    serde_json::from_str(&rendered).map_err(|_| Refusal::new(400, "the body of the policy does not render to JSON"))
}

/// A form: every value percent-encoded.
pub(crate) fn as_form(template: &str, names: &Names) -> String {
    render(template, |literal, name| match name {
        Some(name) => utf8_percent_encode(&names.text(name), NON_ALPHANUMERIC).to_string(),
        None => literal.to_owned(),
    })
}

/// The name of an object.
pub(crate) fn as_key(template: &str, names: &Names) -> String {
    render(template, |literal, name| match name {
        Some(name) => names.date(name).unwrap_or_else(|| names.text(name)),
        None => literal.to_owned(),
    })
}

/// Hands out literal stretches and names in order. `$(` without its `)` is literal.
fn render(template: &str, mut each: impl FnMut(&str, Option<&str>) -> String) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(start) = rest.find("$(") {
        let Some(length) = rest[start..].find(')') else { break };
        out.push_str(&each(&rest[..start], None));
        out.push_str(&each("", Some(&rest[start + 2..start + length])));
        rest = &rest[start + length + 1..];
    }
    out.push_str(&each(rest, None));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names {
            bucket: "b".into(),
            key: "a \"quoted\"\\/key".into(),
            etag: "Fto5".into(),
            fname: Some("clip.MP4".into()),
            fsize: 12,
            mime: "video/mp4".into(),
            vars: BTreeMap::from([("x:v".into(), "1&2=三".into())]),
            now: 1_709_210_096,
            ..Names::default()
        }
    }

    #[test]
    fn json_takes_values_and_quoted_text() {
        let body = r#"{"k":$(key),"q":"<$(key)> \"$(x:v)","n":$(fsize),"s":"$(fsize)","none":$(x:no),"im":$(imageInfo.width),"e":"$(x:no)"}"#;
        let expected = json!({
            "k": "a \"quoted\"\\/key", "q": "<a \"quoted\"\\/key> \"1&2=三", "n": 12, "s": "12", "none": null, "im": null, "e": ""
        });
        assert_eq!(as_json(body, &names()), Ok(expected));
        for broken in ["", "k=$(key)", "{\"k\":$(key}", "{\"k\":$(key)", "$(fname) $(fname)"] {
            assert_eq!(as_json(broken, &names()).unwrap_err().status, 400, "{broken}");
        }
    }

    #[test]
    fn forms_and_keys_are_text() {
        assert_eq!(as_form("v=$(x:v)&n=$(fsize)", &names()), "v=1%262%3D%E4%B8%89&n=12");
        assert_eq!(
            as_key("$(year)$(mon)$(day)-$(hour)$(min)$(sec)/$(etag)$(ext)", &names()),
            "20240229-123456/Fto5.MP4"
        );
        let unnamed = Names { fname: Some("../.hidden".into()), ..names() };
        assert_eq!(as_key("$(etag)$(ext)", &unnamed), "Fto5.mp4", "a suffix never carries a path");
    }
}
