//! Whether an address answers: what a health check asks.

use std::time::{Duration, Instant};

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::{Request, StatusCode, Uri, header};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use iam_split_core::deployment::gate::Check;

/// Redirects that are followed, within the host.
const REDIRECTS: usize = 5;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What an address answered, as a check. An address that leads to another host is not followed: that host's health
/// is another one's.
pub(crate) async fn health(url: &str) -> Check {
    let begun = Instant::now();
    let asked = tokio::time::timeout(PATIENCE, ask(url)).await;
    let found = match asked {
        Ok(Ok((status, redirects))) => {
            let time = begun.elapsed().as_millis();
            let by = match redirects {
                0 => String::new(),
                1 => " after a redirect".to_owned(),
                more => format!(" after {more} redirects"),
            };
            if status.is_success() {
                return Check::of(format!("{url} answers {} in {time} ms{by}", status.as_u16()), Vec::new());
            }
            format!("it answers {}{by}", status.as_u16())
        }
        Ok(Err(why)) => why,
        Err(_) => format!("it does not answer within {} seconds", PATIENCE.as_secs()),
    };
    Check::of(format!("{url} answers"), vec![found])
}

async fn ask(url: &str) -> Result<(StatusCode, usize), String> {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let connector = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider);
    let connector = connector
        .map_err(|error| format!("no certificates are trusted here: {error}"))?
        .https_or_http()
        .enable_http1()
        .build();
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let mut uri: Uri = url.parse().map_err(|error| format!("it is no address: {error}"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err("it is no address of HTTP: begin it with `https://`".to_owned());
    }
    for redirects in 0..=REDIRECTS {
        let request = Request::get(uri.clone())
            .header(header::USER_AGENT, concat!("iam-split/", env!("CARGO_PKG_VERSION")))
            .body(Empty::new())
            .map_err(|error| error.to_string())?;
        let answer = client.request(request).await.map_err(|error| reason(&error))?;
        if !answer.status().is_redirection() {
            return Ok((answer.status(), redirects));
        }
        let location = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
        let Some(location) = location else { return Ok((answer.status(), redirects)) };
        uri = beside(&uri, location)?;
    }
    Err(format!("it redirects more than {REDIRECTS} times"))
}

/// Where a redirect leads, within the host.
///
/// Source: RFC 3986, 5.2 (relative references), 3.2.2 (hosts have no case).
fn beside(uri: &Uri, location: &str) -> Result<Uri, String> {
    let no_address = |error: &dyn std::fmt::Display| format!("it redirects to no address: {error}");
    let location = location.split('#').next().unwrap_or(location);
    let scheme = uri.scheme_str().unwrap_or("https");
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let is_absolute = location.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    });
    let whole = if is_absolute {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else {
        let path = match location.chars().next() {
            None => uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            Some('/') => location.to_owned(),
            Some('?') => format!("{}{location}", uri.path()),
            Some(_) => {
                let folder = uri.path().rsplit_once('/').map_or("", |(folder, _)| folder);
                let (path, query) = location.split_at(location.find('?').unwrap_or(location.len()));
                format!("{}{query}", without_dots(&format!("{folder}/{path}")))
            }
        };
        format!("{scheme}://{authority}{path}")
    };
    let next: Uri = whole.parse().map_err(|error| no_address(&error))?;
    match next.host() {
        Some(host) if !uri.host().is_some_and(|own| own.eq_ignore_ascii_case(host)) => {
            Err(format!("it redirects to another host, {host}"))
        }
        Some(_) => Ok(next),
        None => Err(no_address(&"it has no host")),
    }
}

/// A path without its `.` and `..`.
fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').skip(1) {
        match part {
            ".." => {
                parts.pop();
            }
            "." => {}
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The innermost cause says most.
fn reason(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_are_read_as_browsers_read_them() {
        let from: Uri = "https://Shop.example.com/a/b?x=1".parse().unwrap();
        for (location, to) in [
            ("login", "https://shop.example.com/a/login"),
            ("../login?next=/a", "https://shop.example.com/login?next=/a"),
            ("?x=2", "https://shop.example.com/a/b?x=2"),
            ("/c#part", "https://shop.example.com/c"),
            ("//shop.example.com/d", "https://shop.example.com/d"),
            ("http://SHOP.example.com/e", "http://shop.example.com/e"),
            (
                "login?to=https://else.example.com",
                "https://shop.example.com/a/login?to=https://else.example.com",
            ),
        ] {
            let next = beside(&from, location)
                .map(|next| next.to_string().replace("Shop", "shop").replace("SHOP", "shop"));
            assert_eq!(next.as_deref(), Ok(to), "{location}");
        }
        assert!(
            beside(&from, "https://else.example.com/")
                .unwrap_err()
                .contains("another host, else.example.com")
        );
    }
}
