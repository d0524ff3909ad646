//! The accessibility tree of a frame: what the browser tells a screen reader, closed shadow trees included.
use std::time::Duration;

use serde_json::{Value, json};

use crate::cdp::text;
use crate::page::Page;

/// The longest wait for one frame.
const DEADLINE: Duration = Duration::from_secs(20);
/// The longest name or value kept, in characters.
const TEXT: usize = 2000;

/// The nodes of a frame that are not ignored, in the browser's order, `most` at most; and whether there were more.
pub(super) async fn tree(frame: &Page, most: usize) -> Result<(Vec<Value>, bool), String> {
    let asked = json!({"frameId": frame.frame});
    let cdp = &frame.recorder.cdp;
    let answer = cdp.call_within(Some(&frame.session), "Accessibility.getFullAXTree", asked, DEADLINE).await;
    let answer = answer.map_err(|e| e.to_string())?;
    let nodes = answer.get("nodes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut kept: Vec<Value> = nodes.iter().filter_map(node).take(most + 1).collect();
    let more = kept.len() > most;
    kept.truncate(most);
    Ok((kept, more))
}

fn node(node: &Value) -> Option<Value> {
    if node.get("ignored").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let short = |pointer| text(node, pointer).map(|t| t.chars().take(TEXT).collect::<String>());
    let role = short("/role/value").unwrap_or_default();
    // Each line of a text again: its parent says it already.
    if role == "InlineTextBox" {
        return None;
    }
    let mut kept = json!({"id": text(node, "/nodeId"), "parent": text(node, "/parentId"), "role": role});
    for (key, pointer) in [("name", "/name/value"), ("value", "/value/value"), ("description", "/description/value")] {
        if let Some(said) = short(pointer).filter(|said| !said.is_empty()) {
            kept[key] = json!(said);
        }
    }
    Some(kept)
}
