// kind: coord
// category: geometry
// label: Crop / 裁剪
// param: left number 0 1 0 / Left / 左
// param: top number 0 1 0 / Top / 上
// param: width number 0.05 1 1 / Width / 宽
// param: height number 0.05 1 1 / Height / 高
// param: fit choice cover|contain|stretch cover / Fit / 适配
// identity: left=0 top=0 width=1 height=1
// A part of the picture, moved inside if it sticks out, and shown as large as the target: filling it, within bars, or
// stretched. Source and target have the same proportions, so one factor for both axes keeps pixels square.
vec2 crop(vec2 uv, float left, float top, float width, float height, int fit) {
    vec2 part = vec2(width, height);
    vec2 corner = min(vec2(left, top), 1.0 - part);
    vec2 k = fit == 2 ? part : vec2(fit == 0 ? min(width, height) : max(width, height));
    vec2 offset = (uv - 0.5) * k;
    bool bar = any(greaterThan(abs(offset), 0.5 * part + 1e-6));
    return bar ? vec2(-1.0) : corner + 0.5 * part + offset;
}
