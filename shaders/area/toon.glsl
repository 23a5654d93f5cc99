// kind: area
// category: effect
// label: Toon / 卡通
// param: steps number 3 12 6 / Steps / 色阶
// param: edge number 0 3 1 / Outline / 描边
// Few levels of brightness with soft borders, colours a little stronger, and dark outlines. The 12 taps of an
// edge-keeping mean, which calms noise before the steps, also give Sobel's derivatives.
vec4 toon(sampler2D src, vec2 uv, vec2 texel, float steps, float edge) {
    const vec3 weights = vec3(0.2126, 0.7152, 0.0722);
    vec4 color = texture(src, uv);
    vec2 unit = texel * max(1.0, 1.0 / (480.0 * max(texel.x, texel.y)));
    vec3 sum = color.rgb;
    float count = 1.0;
    vec2 slope = vec2(0.0);
    for (int i = 0; i < 12; i++) {
        float a = 1.04719755 * float(i) + (i < 6 ? 0.0 : 0.52359878);
        vec2 along = vec2(cos(a), sin(a));
        vec3 tap = texture(src, uv + along * (i < 6 ? 1.2 : 2.6) * unit).rgb;
        vec3 off = (tap - color.rgb) / 0.15;
        float weight = exp(-0.5 * dot(off, off));
        sum += tap * weight;
        count += weight;
        slope += along * dot(tap, weights) * (i < 6 ? 0.5 : 0.25);
    }
    vec3 calm = sum / count;
    float y = dot(calm, weights);
    float last = max(floor(steps + 0.5), 2.0) - 1.0;
    float at = y * last;
    float stepped = (floor(at) + smoothstep(0.35, 0.65, fract(at))) / last;
    vec3 flat_color = calm + (stepped - y);
    flat_color = stepped + (flat_color - stepped) * 1.35;
    float ink = smoothstep(0.16, 0.42, length(slope) * edge);
    return vec4(flat_color * (1.0 - 0.9 * ink), color.a);
}
