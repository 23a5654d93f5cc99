// kind: coord
// category: effect
// label: Fisheye / 鱼眼
// param: amount number 0 1 0.6 / Amount / 强度
// identity: amount=0
// A wide lens: the middle comes near, the corners stay where they are, so no bar shows.
vec2 fisheye(vec2 uv, vec2 size, float amount) {
    vec2 unit = size / length(size);
    vec2 p = (uv - 0.5) * 2.0;
    float r2 = dot(p * unit, p * unit);
    return 0.5 + 0.5 * p * mix(1.0, r2, 0.6 * amount);
}
