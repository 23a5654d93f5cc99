//! The server of onetake's page and npm package: files, byte ranges, and the one address that is printed.
//!
//! It decides which folder answers which path, which headers go with a file, and who may connect: programs of this
//! machine only, or, over https with a certificate of its own, the local network (so that a phone can open the page
//! with a working camera). It never builds anything and never writes outside its state folder. It runs natively;
//! `cargo xtask start` and the end-to-end tests start it.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), onetake_kodo::ServeError> {
//! use onetake_kodo::{Reach, Server, Site, router};
//!
//! let server = Server::bind(0, Reach::Loopback).await?;
//! assert!(server.address().starts_with("http://127.0.0.1:"));
//! let pages = router(&Site { root: "www/dist".into(), pkg: Some("www/onetake/dist".into()) });
//! let serving = tokio::spawn(server.serve(pages));
//! # serving.abort();
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod lan;
mod server;
mod site;

pub use server::{Reach, ServeError, Server};
pub use site::{Site, router};
