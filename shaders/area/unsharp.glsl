// kind: area
// category: effect
// label: Clarity / 清晰度
// param: radius number 0.5 20 6 / Radius / 半径
// param: amount number -1 2 0.6 / Amount / 强度
// param: threshold number 0 0.1 0.01 / Threshold / 阈值
// identity: amount=0
// An unsharp mask: what a blur by the radius takes away, added again where it is more than the threshold. Below 0 a
// soft focus. The blur goes across in one stage and down in the other.
vec4 unsharp_along(sampler2D src, vec2 uv, vec2 pace) {
    vec4 sum = texture(src, uv);
    float weights = 1.0;
    for (int i = 1; i <= 6; i++) {
        float x = float(i) * 0.4;
        float weight = exp(-0.5 * x * x);
        sum += weight * (texture(src, uv + float(i) * pace) + texture(src, uv - float(i) * pace));
        weights += 2.0 * weight;
    }
    return sum / weights;
}
// stage: across reads previous
vec4 across(sampler2D src, vec2 uv, vec2 texel, float radius) {
    return unsharp_along(src, uv, vec2(texel.x / max(texel.x, texel.y) * radius * 0.2 / 720.0, 0.0));
}
// stage: apply reads source,across
vec4 apply(sampler2D src, vec2 uv, vec2 texel, sampler2D across, float radius, float amount, float threshold) {
    vec4 color = texture(src, uv);
    vec2 pace = vec2(0.0, texel.y / max(texel.x, texel.y) * radius * 0.2 / 720.0);
    vec3 detail = color.rgb - unsharp_along(across, uv, pace).rgb;
    float size = dot(abs(detail), vec3(0.2126, 0.7152, 0.0722));
    return vec4(color.rgb + amount * detail * smoothstep(0.0, 1.0, size / max(threshold, 1e-4)), color.a);
}
