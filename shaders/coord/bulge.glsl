// kind: coord
// category: effect
// label: Bulge / 凸起
// param: amount number 0 1 0.5 / Amount / 强度
// param: radius number 0.05 1 0.5 / Radius / 半径
// param: x number 0 1 0.5 / Centre across / 中心横向
// param: y number 0 1 0.5 / Centre down / 中心纵向
// identity: amount=0
// As through a drop of glass: enlarged in the middle, untouched from `radius` (of the shorter side) on.
vec2 bulge(vec2 uv, vec2 size, float amount, float radius, float x, float y) {
    vec2 unit = size / min(size.x, size.y);
    vec2 p = (uv - vec2(x, y)) * unit;
    float inside = 1.0 - clamp(length(p) / radius, 0.0, 1.0);
    return uv - (uv - vec2(x, y)) * amount * 0.7 * inside * inside * (3.0 - 2.0 * inside);
}
