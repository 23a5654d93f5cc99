// kind: area
// category: effect
// label: Box blur / 方框模糊
// param: radius number 0 16 6 / Radius / 半径
// identity: radius=0
// The mean of a square, across and then down; the radius in pixels of a picture whose shorter side has 720.
vec4 box_along(sampler2D src, vec2 uv, vec2 pace) {
    vec4 sum = texture(src, uv);
    for (int i = 1; i <= 8; i++) {
        sum += texture(src, uv + float(i) * pace) + texture(src, uv - float(i) * pace);
    }
    return sum / 17.0;
}
// stage: across reads previous
vec4 across(sampler2D src, vec2 uv, vec2 texel, float radius) {
    return box_along(src, uv, vec2(texel.x / max(texel.x, texel.y) * radius * 0.125 / 720.0, 0.0));
}
// stage: down reads across
vec4 down(sampler2D src, vec2 uv, vec2 texel, float radius) {
    return box_along(src, uv, vec2(0.0, texel.y / max(texel.x, texel.y) * radius * 0.125 / 720.0));
}
