//! Where a box lies: the types of the boxes around it and its own. Kept on the stack, so that walking allocates nothing.

use std::fmt;

use super::{BoxError, FourCc};

/// Boxes that may lie inside each other below a top-level one: `moov/trak/mdia/minf/stbl/stsd/mp4a/wave/esds` has eight.
pub const DEPTH_LIMIT: usize = 8;

/// The path of a box, outermost first, as it stands in error messages: `moov/trak/mdia`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Path {
    kinds: [FourCc; DEPTH_LIMIT + 1],
    depth: usize,
}

impl Path {
    /// The file itself.
    pub const ROOT: Path = Path { kinds: [[0; 4]; DEPTH_LIMIT + 1], depth: 0 };

    /// The path of a box of type `kind` in this one.
    ///
    /// # Errors
    /// [`BoxError::Depth`] below [`DEPTH_LIMIT`].
    pub fn child(self, kind: FourCc) -> Result<Path, BoxError> {
        let mut path = self;
        let Some(slot) = path.kinds.get_mut(self.depth) else { return Err(BoxError::Depth { path: self }) };
        *slot = kind;
        path.depth += 1;
        Ok(path)
    }

    /// The path of a top-level box.
    pub fn top(kind: FourCc) -> Path {
        let mut path = Path::ROOT;
        path.kinds[0] = kind;
        path.depth = 1;
        path
    }
}

/// A box type as text; bytes that are not printable ASCII as `\xNN`.
pub fn text(kind: FourCc) -> String {
    kind.escape_ascii().to_string()
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.depth == 0 {
            return f.write_str("file");
        }
        for (index, kind) in self.kinds[..self.depth].iter().enumerate() {
            let separator = if index == 0 { "" } else { "/" };
            write!(f, "{separator}{}", kind.escape_ascii())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
