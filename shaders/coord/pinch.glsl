// kind: coord
// category: effect
// label: Pinch / 捏合
// param: amount number 0 1 0.5 / Amount / 强度
// param: radius number 0.05 0.8 0.5 / Radius / 半径
// param: x number 0 1 0.5 / Centre across / 中心横向
// param: y number 0 1 0.5 / Centre down / 中心纵向
// identity: amount=0
// Drawn together in the middle, untouched from `radius` (of the shorter side) on. What would lie outside of the picture
// is its mirror image.
vec2 pinch(vec2 uv, vec2 size, float amount, float radius, float x, float y) {
    vec2 unit = size / min(size.x, size.y);
    vec2 p = (uv - vec2(x, y)) * unit;
    float far = clamp(length(p) / radius, 1e-4, 1.0);
    vec2 at = vec2(x, y) + (uv - vec2(x, y)) * pow(far, -0.6 * amount);
    return 1.0 - abs(1.0 - abs(at));
}
