//! Which filters there are: the shipped files, one for each named look, and those of a user's own. Files are read when they are
//! first asked for.

use std::borrow::Cow;
use std::rc::Rc;

use super::looks;
use super::problem::{Problem, SourceError};
use super::source::{KINDS, parse};
use super::spec::{Filter, Range};

/// The name and text of every file under `shaders/` but those in `base`; `build.rs` makes it.
#[cfg(not(target_arch = "wasm32"))]
pub(super) const SHIPPED: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/shipped.rs"));
#[cfg(target_arch = "wasm32")]
use self::BARE as SHIPPED;
/// The same without what only people read.
#[cfg(any(test, target_arch = "wasm32"))]
pub(super) const BARE: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/bare.rs"));

/// The filters that a studio knows.
#[derive(Debug, Default)]
pub struct Library {
    /// Shipped ones that were asked for, and all of the user's own.
    known: Vec<Rc<Filter>>,
    /// Of the last definition.
    revision: u32,
}

impl Library {
    /// The filter of this name.
    pub fn find(&mut self, name: &str) -> Option<Rc<Filter>> {
        if let Some(known) = self.known.iter().find(|filter| filter.name == name) {
            return Some(Rc::clone(known));
        }
        let text = match SHIPPED.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => Cow::Borrowed(*text),
            None => Cow::Owned(looks::file(name)?),
        };
        // A shipped file that cannot be read would be our bug; the tests read each.
        let filter = Rc::new(parse(Some(name), &text).ok()?);
        self.known.push(Rc::clone(&filter));
        Some(filter)
    }

    /// Reads a filter of the user's own. It is known once [`Library::handle_defined`] is told that the browser compiles it.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line; a name that a shipped filter or another one's function has.
    pub fn define(&mut self, text: &str) -> Result<Filter, SourceError> {
        let mut filter = parse(None, text)?;
        let param = filter.params.iter().find(|param| matches!(param.range, Range::Internal(_)));
        if let Some(param) = param {
            return Err(SourceError { line: param.line, problem: Problem::Form(KINDS) });
        }
        let others: Vec<Rc<Filter>> = SHIPPED.iter().filter_map(|(name, _)| self.find(name)).collect();
        let own = self.known.iter().filter(|known| known.revision > 0 && known.name != filter.name).cloned();
        for other in others.into_iter().chain(own) {
            let taken = |name: &str| other.items.iter().any(|item| item.name == name);
            if let Some(item) = filter.items.iter().find(|item| taken(&item.name)) {
                return Err(SourceError { line: item.line, problem: Problem::Taken(item.name.clone()) });
            }
        }
        if let Some(item) = filter.items.iter().find(|item| looks::is_own(&item.name)) {
            return Err(SourceError { line: item.line, problem: Problem::Taken(item.name.clone()) });
        }
        self.revision += 1;
        filter.revision = self.revision;
        Ok(filter)
    }

    /// A filter that [`Library::define`] made compiles. It takes the place of an older one of its name.
    pub fn handle_defined(&mut self, filter: Filter) {
        self.known.retain(|known| known.name != filter.name);
        self.known.push(Rc::new(filter));
    }

    /// All that a chain may name: the shipped in their order, then the user's own.
    pub fn public(&mut self) -> Vec<Rc<Filter>> {
        let shipped: Vec<Rc<Filter>> = SHIPPED.iter().filter_map(|(name, _)| self.find(name)).collect();
        let own = self.known.iter().filter(|known| known.revision > 0).cloned();
        shipped.into_iter().chain(own).filter(|filter| filter.is_public()).collect()
    }

    /// A library that knows these before the shipped.
    #[cfg(test)]
    pub(super) fn with(files: &[(&str, &str)]) -> Library {
        let parse = |(name, text): &(&str, &str)| match parse(Some(name), text) {
            Ok(filter) => Rc::new(filter),
            Err(error) => panic!("{name}: {error}"),
        };
        Library { known: files.iter().map(parse).collect(), revision: 0 }
    }
}
