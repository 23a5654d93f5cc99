//! Prints the tables of the shipped filters and looks for the page. Only `cargo xtask generate` has it compiled.

use super::library::Library;
use super::looks::{LOOKS, Look};
use super::view::{DefaultView, FilterView, ParameterView, view};

/// The whole of `filter-table.ts`.
pub fn typescript() -> String {
    let views: Vec<FilterView> = Library::default().public().iter().map(|filter| view(filter)).collect();
    let mut text = String::from(
        "// Generated from shaders/ and crate/core/src/filter/looks.rs by `cargo xtask generate`. Do not edit.\n\
         import type { FilterSpec, Look } from './types.js';\n\n\
         /** The filters that onetake ships, by name. */\nexport type FilterName =\n",
    );
    let names: Vec<String> = views.iter().map(|view| format!("  | '{}'", view.name)).collect();
    text.push_str(&names.join("\n"));
    text.push_str(
        ";\n\n/** The same with all that a page shows of them. */\nexport const FILTERS: readonly FilterSpec[] = [\n",
    );
    for view in &views {
        text.push_str(&filter(view));
    }
    text.push_str("];\n\n/** The named looks, in the order of a drawer. */\nexport const LOOKS: readonly Look[] = [\n");
    for one in &LOOKS {
        text.push_str(&look(one));
    }
    text.push_str("];\n");
    text
}

/// Itself, then what its row asks of two filters more.
fn look(look: &Look) -> String {
    let name = quoted(look.name);
    let extras = [("vignette", look.vignette), ("grain", look.grain)];
    let extras = extras.iter().filter(|(_, amount)| *amount > 0.0);
    let extras: String = extras.map(|(filter, amount)| format!(", {{ name: '{filter}', amount: {amount} }}")).collect();
    let label = format!("{{ en: {}, zh: {} }}", quoted(look.en), quoted(look.zh));
    format!("  {{ name: {name}, label: {label}, chain: [{{ name: 'lut', table: {name} }}{extras}] }},\n")
}

fn filter(view: &FilterView) -> String {
    let kind = format!("{:?}", view.kind).to_lowercase();
    let parameters: String = view.parameters.iter().map(parameter).collect();
    [
        "  {".to_owned(),
        format!("    name: {},", quoted(&view.name)),
        format!("    label: {{ en: {}, zh: {} }},", quoted(&view.label.en), quoted(&view.label.zh)),
        format!("    kind: {},", quoted(&kind)),
        format!("    stages: {},", view.stages),
        format!("    categories: {},", list(&view.categories)),
        format!("    parameters: [\n{parameters}    ],"),
        "  },\n".to_owned(),
    ]
    .join("\n")
}

fn parameter(view: &ParameterView) -> String {
    let mut parts = vec![
        format!("name: {}", quoted(&view.name)),
        format!("label: {{ en: {}, zh: {} }}", quoted(&view.label.en), quoted(&view.label.zh)),
        format!("type: {}", quoted(view.kind)),
    ];
    parts.extend(view.min.map(|min| format!("min: {min}")));
    parts.extend(view.max.map(|max| format!("max: {max}")));
    parts.extend(view.values.as_ref().map(|values| format!("values: {}", list(values))));
    parts.extend(view.default.as_ref().map(|default| match default {
        DefaultView::Number(number) => format!("default: {number}"),
        DefaultView::Text(text) => format!("default: {}", quoted(text)),
    }));
    parts.extend(view.optional.map(|optional| format!("optional: {optional}")));
    format!("      {{ {} }},\n", parts.join(", "))
}

fn list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
