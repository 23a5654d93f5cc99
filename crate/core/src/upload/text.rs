//! Texts found, cut and put together, in as few bytes as an artefact of 90 KB needs.
//!
//! The library's search for one text in another is a two-way searcher of its own for each use, and brings along the words
//! and Unicode tables of a panic at a cut through a letter: 4 KB after gzip, for texts of a few hundred letters.

/// These texts, one after another.
pub(super) fn join(texts: &[&str]) -> String {
    let mut all = String::with_capacity(texts.iter().map(|text| text.len()).sum());
    for text in texts {
        all.push_str(text);
    }
    all
}

/// What stands before and behind the first `mark`; `None` where it is not there.
pub(super) fn cut<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let last = text.len().checked_sub(mark.len())?;
    let at = (0..=last).find(|at| text.as_bytes()[*at..].starts_with(mark.as_bytes()))?;
    Some((text.get(..at)?, text.get(at + mark.len()..)?))
}

/// `text` with `by` in each place of `mark`, which is not empty.
pub(super) fn replace(text: &str, mark: &str, by: &str) -> String {
    let mut rest = text;
    let mut all = String::new();
    while let Some((before, behind)) = cut(rest, mark) {
        all.push_str(before);
        all.push_str(by);
        rest = behind;
    }
    all.push_str(rest);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_its_first_mark_and_marks_are_replaced_as_the_library_does() {
        for (text, mark) in [("a--b--c", "--"), ("--", "--"), ("", "-"), ("录é😀é", "é"), ("aaa", "aa"), ("ab", "abc")]
        {
            assert_eq!(cut(text, mark), text.split_once(mark), "{text} {mark}");
            assert_eq!(replace(text, mark, "é"), text.replace(mark, "é"), "{text} {mark}");
        }
        assert_eq!(join(&["a", "", "é"]), "aé");
    }
}
