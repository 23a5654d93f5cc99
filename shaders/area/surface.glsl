// kind: area
// category: effect
// label: Surface smoothing / 表面平滑
// param: radius number 0 24 10 / Radius / 半径
// param: threshold number 0.01 0.3 0.08 / Threshold / 阈值
// param: amount number 0 1 1 / Amount / 强度
// identity: amount=0
// identity: radius=0
// The guided filter with the picture as its own guide (He, Sun and Tang, 2010): where brightness varies by less than
// the threshold the mean, elsewhere the picture itself. Means and deviations are taken at half size; the deviation is
// kept as its root, so that 8 bits hold small ones.
// stage: means scale 0.5 reads previous
vec4 means(sampler2D src, vec2 uv, vec2 texel, float radius) {
    vec2 unit = texel * radius / (720.0 * max(texel.x, texel.y)) / 2.5;
    vec3 sum = vec3(0.0);
    float squares = 0.0;
    float mean = 0.0;
    for (int i = 0; i < 36; i++) {
        vec2 at = vec2(float(i % 6), float(i / 6)) - 2.5;
        vec3 tap = texture(src, uv + at * unit).rgb;
        float y = dot(tap, vec3(0.2126, 0.7152, 0.0722));
        sum += tap;
        mean += y;
        squares += y * y;
    }
    mean /= 36.0;
    return vec4(sum / 36.0, sqrt(sqrt(max(squares / 36.0 - mean * mean, 0.0)) * 2.0));
}
// stage: apply reads source,means
vec4 apply(sampler2D src, vec2 uv, vec2 texel, sampler2D means, float radius, float threshold, float amount) {
    vec4 color = texture(src, uv);
    vec2 unit = texel * radius / (720.0 * max(texel.x, texel.y)) * 0.6;
    vec3 constant = vec3(0.0);
    float share = 0.0;
    for (int i = 0; i < 9; i++) {
        vec4 about = texture(means, uv + (vec2(float(i % 3), float(i / 3)) - 1.0) * unit);
        float deviation = about.a * about.a * 0.5;
        float own = deviation * deviation / (deviation * deviation + threshold * threshold * 0.25);
        share += own;
        constant += about.rgb * (1.0 - own);
    }
    return vec4(mix(color.rgb, (color.rgb * share + constant) / 9.0, amount * min(radius, 1.0)), color.a);
}
