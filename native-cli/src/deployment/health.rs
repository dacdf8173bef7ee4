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
fn beside(uri: &Uri, location: &str) -> Result<Uri, String> {
    let next: Uri = location.parse().map_err(|error| format!("it redirects to no address: {error}"))?;
    match next.host() {
        Some(host) if Some(host) != uri.host() => Err(format!("it redirects to another host, {host}")),
        Some(_) => Ok(next),
        None => {
            let mut parts = uri.clone().into_parts();
            parts.path_and_query = next.path_and_query().cloned();
            Uri::from_parts(parts).map_err(|error| format!("it redirects to no address: {error}"))
        }
    }
}

/// The innermost cause says most.
fn reason(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}
