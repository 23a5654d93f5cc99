// kind: area
// category: beauty
// label: Beauty / 美颜
// param: smoothing number 0 1 0.6 / Smooth / 磨皮
// param: whitening number 0 1 0.3 / Brighten / 美白
// param: ruddiness number 0 1 0.2 / Ruddy / 红润
// param: clarity number 0 1 0.3 / Eyes and brows / 眼眉清晰
// identity: smoothing=0 whitening=0 ruddiness=0 clarity=0
// Two draws, one of them of half size. The first makes the base: an edge-keeping mean (bilateral, Tomasi and Manduchi,
// 1998) and, as alpha, how flat the place is. The second splits what the base lacks into fine detail (pores, lashes)
// and coarse (blotches), gives back some of the fine and little of the coarse where there is skin, and all of both
// where detail is strong: edges, hair, brows. Skin is told by hue and saturation of the base, so the mask has soft
// borders and no noise.
float beauty_light(vec3 c) {
    return dot(c, vec3(0.299, 0.587, 0.114));
}

// How much a colour is skin. Cb and Cr (ITU-R BT.601) relative to brightness hardly depend on the light; complexions
// lie in one sector of hue, and in a band of saturation between white walls and oranges.
float beauty_skin(vec3 c) {
    float y = beauty_light(c);
    vec2 tint = vec2(0.564 * (c.b - y), 0.713 * (c.r - y)) / max(y, 0.02);
    float turn = -tint.x / max(tint.y, 0.01);
    float hue = smoothstep(0.26, 0.46, turn) * (1.0 - smoothstep(1.15, 1.4, turn)) * step(0.0, tint.y);
    float strength = length(tint);
    return hue * smoothstep(0.035, 0.08, strength) * (1.0 - smoothstep(0.36, 0.46, strength)) * smoothstep(0.1, 0.2, y);
}
// stage: base scale 0.5 reads previous
vec4 base(sampler2D src, vec2 uv, vec2 texel) {
    vec2 unit = texel * 12.0 / (720.0 * max(texel.x, texel.y));
    vec2 near = 0.25 * unit;
    // A mean of four to compare with: the middle pixel alone is noise.
    vec3 middle = 0.25 * (texture(src, uv + near).rgb + texture(src, uv - near).rgb
        + texture(src, uv + vec2(near.x, -near.y)).rgb + texture(src, uv + vec2(-near.x, near.y)).rgb);
    vec3 sum = middle;
    float weights = 1.0;
    vec2 alike = vec2(0.0);
    vec2 close = vec2(0.0);
    vec2 along = vec2(1.0, 0.0);
    for (int i = 1; i <= 24; i++) {
        along = mat2(-0.737369, 0.675490, -0.675490, -0.737369) * along;
        vec3 tap = texture(src, uv + along * sqrt(float(i) / 24.0) * unit).rgb;
        vec3 off = tap - middle;
        float weight = exp(-90.0 * dot(off, off));
        sum += weight * tap;
        weights += weight;
        float y = beauty_light(off);
        alike += weight * vec2(y, y * y);
        close += i <= 9 ? vec2(y, y * y) / 9.0 : vec2(0.0);
    }
    sum /= weights;
    alike /= weights;
    // Brightness varies among alike colours in hair and cloth, and among the closest nine also at an edge.
    vec2 deviation = sqrt(max(vec2(alike.y - alike.x * alike.x, close.y - close.x * close.x), 0.0));
    vec2 rough = smoothstep(vec2(0.06, 0.055), vec2(0.12, 0.11), deviation / (0.1 + beauty_light(sum)));
    return vec4(sum, (1.0 - rough.x) * (1.0 - rough.y));
}
// stage: apply reads source,base
vec4 apply(
    sampler2D src, vec2 uv, vec2 texel, sampler2D base, float smoothing, float whitening, float ruddiness, float clarity
) {
    vec4 color = texture(src, uv);
    vec3 around = 0.25 * (texture(src, uv + 0.6 * texel).rgb + texture(src, uv - 0.6 * texel).rgb
        + texture(src, uv + vec2(0.6, -0.6) * texel).rgb + texture(src, uv + vec2(-0.6, 0.6) * texel).rgb);
    vec4 calm = texture(base, uv);
    float skin = beauty_skin(calm.rgb);

    // Skin on opposite sides, a fortieth of the shorter side away: on both, this is a feature of a face; on none, the
    // blurred border of something else.
    vec2 d = texel * 0.025 / max(texel.x, texel.y);
    vec2 e = vec2(0.4, -1.0) * d;
    d *= vec2(0.4, 1.0);
    vec2 above = vec2(beauty_skin(texture(base, uv - d).rgb), beauty_skin(texture(base, uv + e).rgb));
    vec2 below = vec2(beauty_skin(texture(base, uv + d).rgb), beauty_skin(texture(base, uv - e).rgb));
    vec2 both = min(above, below);
    float between = smoothstep(0.3, 0.8, max(both.x, both.y));

    // Lips are as smooth as the skin around them.
    vec3 fine = color.rgb - around;
    vec3 coarse = around - calm.rgb;
    float strong = smoothstep(0.05, 0.15, abs(beauty_light(color.rgb - calm.rgb)));
    float less = 1.0 - (1.0 - smoothing) * sqrt(1.0 - smoothing);
    float keep = mix(1.0, strong, less * max(skin, 0.8 * between) * calm.a);
    vec3 result = calm.rgb + coarse * mix(keep, 1.0, 0.16) + fine * mix(keep, 1.0, 0.3);

    float toned = skin * smoothstep(0.1, 0.9, above.x + above.y + below.x + below.y);

    // Brighter by a logarithmic curve: by a factor, and a third by an addition, which makes skin a little paler.
    float y = clamp(beauty_light(result), 0.0, 1.0);
    float curve = log(1.0 + y * 2.0) / log(3.0);
    float lift = (0.8 - 0.18 * whitening) * (curve - y) * whitening * toned;
    result = mix(result * (1.0 + lift / max(y, 0.05)), result + lift, 0.35);
    // Warmer at the same brightness, most in middle tones; more of it would be paint.
    float warm = ruddiness * (1.0 - 0.42 * ruddiness) * toned * smoothstep(0.1, 0.4, y) * (1.0 - 0.5 * y);
    result += warm * vec3(0.065, -0.034, 0.004);

    // Eyes, brows and the line of lips: what is not smooth while skin lies on opposite sides. Faint detail is noise.
    float feature = (1.0 - calm.a) * between;
    fine *= smoothstep(0.02, 0.06, length(fine));
    result += clarity * feature * (0.9 * clamp(fine, -0.08, 0.08) + 0.25 * clamp(coarse, -0.15, 0.15));
    return vec4(result, color.a);
}
