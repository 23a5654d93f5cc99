// kind: area
// category: colour
// label: Auto tone / 自动色调
// param: amount number 0 1 1 / Amount / 强度
// identity: amount=0
// Dark pictures lighter and flat ones deeper, by what the picture itself holds: brightness of a small grid, then in one
// pixel the levels below which 2 % and above which 1 % of it lie and its mean, then a curve. Nothing is read back.
// Brightness changes by one factor a pixel, so hues stay.
float auto_tone_light(vec3 c) {
    return dot(c, vec3(0.2126, 0.7152, 0.0722));
}
// stage: grid scale 0.03 reads previous
vec4 grid(sampler2D src, vec2 uv, vec2 texel, vec2 size) {
    float sum = 0.0;
    for (int i = 0; i < 16; i++) {
        vec2 at = (vec2(float(i % 4), float(i / 4)) - 1.5) * 0.25;
        sum += auto_tone_light(texture(src, uv + at / size).rgb);
    }
    return vec4(vec3(sum / 16.0), 1.0);
}
// stage: levels scale 0.01 reads grid
vec4 levels(sampler2D src, vec2 uv, vec2 texel) {
    float bins[32];
    for (int i = 0; i < 32; i++) {
        bins[i] = 0.0;
    }
    float sum = 0.0;
    for (int i = 0; i < 576; i++) {
        float y = texture(src, (vec2(float(i % 24), float(i / 24)) + 0.5) / 24.0).r;
        sum += y;
        float at = clamp(y * 32.0 - 0.5, 0.0, 31.0);
        int low = int(at);
        float share = at - float(low);
        bins[low] += 1.0 - share;
        bins[min(low + 1, 31)] += share;
    }
    float below = 0.0;
    float above = 0.0;
    float black = 0.0;
    float white = 1.0;
    for (int i = 0; i < 32; i++) {
        black += clamp((11.5 - below) / max(bins[i], 0.01), 0.0, 1.0);
        white -= clamp((5.8 - above) / max(bins[31 - i], 0.01), 0.0, 1.0) / 32.0;
        below += bins[i];
        above += bins[31 - i];
    }
    return vec4(black / 32.0, white, sum / 576.0, 1.0);
}
// stage: apply reads source,levels
vec4 apply(sampler2D src, vec2 uv, vec2 texel, sampler2D levels, float amount) {
    vec4 color = texture(src, uv);
    vec4 found = texture(levels, vec2(0.5));
    // Most of what is unused, but at most 0.1 of the range below and 0.4 above: night stays night.
    float black = min(found.r, 0.13) * 0.75;
    float white = mix(1.0, max(found.g, 0.5), 0.8);
    float mean = clamp((found.b - black) / (white - black), 0.08, 0.9);
    // Half the way, as powers go, to a mean of 0.47.
    float power = clamp(sqrt(log(0.47) / log(mean)), 0.6, 1.25);
    float y = auto_tone_light(color.rgb);
    float toned = pow(clamp((y - black) / (white - black), 0.0, 1.0), power);
    vec3 scaled = color.rgb * (toned / max(y, 1e-3));
    // Colours that would run over the top move towards the grey of the same brightness instead of changing hue.
    float top = max(scaled.r, max(scaled.g, scaled.b));
    float room = top > 1.0 ? clamp((1.0 - toned) / max(top - toned, 1e-4), 0.0, 1.0) : 1.0;
    return vec4(mix(color.rgb, toned + (scaled - toned) * room, amount), color.a);
}
