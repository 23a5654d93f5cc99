// kind: area
// category: effect
// label: Gaussian blur / 高斯模糊
// param: radius number 0 20 8 / Radius / 半径
// identity: radius=0
// A blur by the normal distribution, across and then down. The radius is twice its deviation, in pixels of a picture
// whose shorter side has 720. Taps lie 5/16 of a deviation apart, out to 2.5 deviations.
vec4 gaussian_along(sampler2D src, vec2 uv, vec2 pace) {
    vec4 sum = texture(src, uv);
    float weights = 1.0;
    for (int i = 1; i <= 8; i++) {
        float x = float(i) * 0.3125;
        float weight = exp(-0.5 * x * x);
        sum += weight * (texture(src, uv + float(i) * pace) + texture(src, uv - float(i) * pace));
        weights += 2.0 * weight;
    }
    return sum / weights;
}
// stage: across reads previous
vec4 across(sampler2D src, vec2 uv, vec2 texel, float radius) {
    return gaussian_along(src, uv, vec2(texel.x / max(texel.x, texel.y) * radius * 0.15625 / 720.0, 0.0));
}
// stage: down reads across
vec4 down(sampler2D src, vec2 uv, vec2 texel, float radius) {
    return gaussian_along(src, uv, vec2(0.0, texel.y / max(texel.x, texel.y) * radius * 0.15625 / 720.0));
}
