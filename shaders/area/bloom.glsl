// kind: area
// category: effect
// label: Glow / 柔光
// param: amount number 0 1 0.6 / Amount / 强度
// param: threshold number 0 0.95 0.5 / Threshold / 阈值
// param: radius number 4 60 24 / Radius / 半径
// identity: amount=0
// Light that spills from bright places: what is above the threshold, blurred at a quarter of the size, is screened over
// the picture. The blur goes across in the first stage and down in the second.
// stage: light scale 0.25 reads previous
vec4 light(sampler2D src, vec2 uv, vec2 texel, float threshold, float radius) {
    float pace = texel.x / max(texel.x, texel.y) * radius / 720.0 / 8.0;
    vec3 sum = vec3(0.0);
    float weights = 0.0;
    for (int i = -8; i <= 8; i++) {
        float x = float(i) * 0.28;
        float weight = exp(-0.5 * x * x);
        vec3 tap = texture(src, uv + vec2(float(i) * pace, 0.0)).rgb;
        float y = dot(tap, vec3(0.2126, 0.7152, 0.0722));
        sum += weight * tap * smoothstep(threshold, threshold + 0.3, y);
        weights += weight;
    }
    return vec4(sum / weights, 1.0);
}
// stage: apply reads source,light
vec4 apply(sampler2D src, vec2 uv, vec2 texel, sampler2D light, float amount, float radius) {
    vec4 color = texture(src, uv);
    float pace = texel.y / max(texel.x, texel.y) * radius / 720.0 / 8.0;
    vec3 sum = vec3(0.0);
    float weights = 0.0;
    for (int i = -8; i <= 8; i++) {
        float x = float(i) * 0.28;
        float weight = exp(-0.5 * x * x);
        sum += weight * texture(light, uv + vec2(0.0, float(i) * pace)).rgb;
        weights += weight;
    }
    return vec4(1.0 - (1.0 - clamp(color.rgb, 0.0, 1.0)) * (1.0 - amount * sum / weights), color.a);
}
