//! What must hold for any text that a user defines a filter by: the body of the fuzz target, and its seeds.

use std::cell::RefCell;

use onetake_core::filter::{Asked, Chain, Ends, Form, Given, Library, Plan, Range, alone, fuse, view};

/// Filters of all kinds.
pub const SEEDS: [&str; 4] = [
    include_str!("../../crate/fuzz/seeds/filter/point.glsl"),
    include_str!("../../crate/fuzz/seeds/filter/stages.glsl"),
    include_str!("../../crate/fuzz/seeds/filter/warp.glsl"),
    include_str!("../../crate/fuzz/seeds/filter/over.glsl"),
];

thread_local! {
    /// Reading all shipped files anew for each case would be most of the work.
    static LIBRARY: RefCell<Library> = RefCell::default();
}

/// Takes any bytes as a filter's file; whether it is one. Then it can be chained with itself and shipped ones.
pub fn define_anything(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    LIBRARY.with_borrow_mut(|library| match library.define(text) {
        Ok(filter) => {
            let plan = alone(library, &filter);
            assert_eq!(plan.passes.len(), filter.stages.len());
            check(&plan, text.len());
            assert_eq!(view(&filter).parameters.len(), filter.params.len());
            let pictures =
                filter.params.iter().filter(|param| matches!(param.range, Range::Image { .. } | Range::Table));
            let params = pictures.map(|param| (param.name.clone(), Given::Picture(0))).collect();
            let revision = filter.revision;
            let own = Asked { name: filter.name.clone(), params };
            library.handle_defined(filter);
            let shipped = Asked { name: "brightness".to_owned(), params: Vec::new() };
            let chain = Chain::check(&[own.clone(), shipped, own], library).expect("a chain");
            for form in [Form::Fused, Form::Apart] {
                let steps: Vec<_> = chain.steps.iter().collect();
                check(&fuse(library, &steps, Ends { orient: true, recode: true }, form), text.len());
            }
            // Else a long run of the fuzzer would fill it with names.
            if revision >= 512 {
                *library = Library::default();
            }
            true
        }
        Err(error) => {
            let lines = text.lines().count().max(1);
            assert!((1..=lines).contains(&(error.line as usize)), "{error}, of {lines}");
            assert!(!error.to_string().is_empty());
            false
        }
    })
}

/// Each program has one `main`, balanced brackets, and not much more text than the filter.
fn check(plan: &Plan, length: usize) {
    for pass in &plan.passes {
        let count = |sign| pass.fragment.matches(sign).count();
        assert_eq!((count("{"), count("(")), (count("}"), count(")")), "{}", pass.fragment);
        assert_eq!(count("void main()"), 1);
        // A short name of a stage becomes one with the filter's in front; an argument a uniform's.
        assert!(pass.fragment.len() <= 40 * length + 8192, "{} of {length}", pass.fragment.len());
    }
}
