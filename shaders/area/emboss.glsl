// kind: area
// category: effect
// label: Emboss / 浮雕
// param: strength number 0 4 1.5 / Strength / 强度
// param: coloured number 0 1 0 / Colour / 彩色
// A relief lit from the upper left: the slope along that diagonal, on grey or on the picture.
vec4 emboss(sampler2D src, vec2 uv, vec2 texel, float strength, float coloured) {
    vec4 color = texture(src, uv);
    vec2 d = texel * max(1.0, 1.0 / (720.0 * max(texel.x, texel.y)));
    vec3 slope = texture(src, uv + d).rgb - texture(src, uv - d).rgb
        + 0.5 * (texture(src, uv + vec2(d.x, 0.0)).rgb - texture(src, uv - vec2(d.x, 0.0)).rgb)
        + 0.5 * (texture(src, uv + vec2(0.0, d.y)).rgb - texture(src, uv - vec2(0.0, d.y)).rgb);
    float height = dot(slope, vec3(0.2126, 0.7152, 0.0722));
    return vec4(mix(vec3(0.5), color.rgb, coloured) + strength * 0.5 * height, color.a);
}
