//! The server of onetake's page and npm package, and, where it is asked for, a store that speaks Qiniu Kodo's upload
//! protocol.
//!
//! It decides which folder answers which path, which headers go with a file, and who may connect: programs of this
//! machine only, or, over https with a certificate of its own, the local network (so that a phone can open the page
//! with a working camera). The [`Store`] takes uploads beside the page. It never builds anything and never writes outside
//! its state folder and the store's. It runs natively; `cargo xtask start` and the end-to-end tests start it.
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
mod store;

pub use server::{Reach, ServeError, Server};
pub use site::{Site, router};
pub use store::{Limits, Store, StoreError, StoreOptions};
