//! Which file answers which path, and the headers that go with it. Never follows `..`, never lists a folder.

use std::path::PathBuf;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

/// The folders that the server shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Answers `/`: the built page (`index.html` and what it loads).
    pub root: PathBuf,
    /// Answers `/pkg/`: the built npm package, so that `import('/pkg/index.js')` works in any page of this server.
    pub pkg: Option<PathBuf>,
}

/// The service of a [`Site`]: `GET` and `HEAD` (405 for other methods), one byte range (206, 416 when it lies outside),
/// `Last-Modified` with 304, 404 for everything that is not a file below the folders.
///
/// Every answer says `no-cache` (a browser asks again before it uses a kept copy: addresses in `/pkg/` have no hash),
/// `X-Content-Type-Options: nosniff` and allows camera and microphone to this origin alone. Pages are cross-origin
/// isolated: Chromium then stamps sound to 5 us instead of 100 us, which is a quarter of a sample instead of five.
pub fn router(site: &Site) -> Router {
    // Serving `folder/index.html` at `/folder` without a redirect: no answer of ours ever contains a foreign address.
    let folder = |path: &PathBuf| ServeDir::new(absolute(path)).redirect_to_trailing_slash(false);
    let mut router = Router::new().fallback_service(folder(&site.root));
    if let Some(pkg) = &site.pkg {
        router = router.nest_service("/pkg", folder(pkg));
    }
    for (name, value) in [
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(self)"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-embedder-policy"), "credentialless"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        router = router.layer(SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value)));
    }
    router
}

/// `ServeDir` puts "." before a relative path; an absolute one keeps its meaning when the working folder changes.
fn absolute(path: &PathBuf) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.clone())
}
