// kind: composite
// category: overlay
// label: Chroma key / 绿幕抠像
// param: other image / Background / 背景
// param: key colour #00d639 / Key colour / 抠像颜色
// param: tolerance number 0 1 0.4 / Tolerance / 容差
// param: softness number 0.01 1 0.15 / Softness / 柔和度
// param: spill number 0 1 0.6 / Spill removal / 去溢色
// Another picture where the film shows the colour of a screen. Distance is measured in Cb and Cr (ITU-R BT.601) alone,
// so that shadows on the screen count as screen; near it the screen's own tint is taken out of the colours that stay.
vec2 chroma_key_tint(vec3 c) {
    float y = dot(c, vec3(0.299, 0.587, 0.114));
    return vec2(0.564 * (c.b - y), 0.713 * (c.r - y));
}
vec4 chroma_key(vec4 color, vec2 uv, sampler2D other, vec3 key, float tolerance, float softness, float spill) {
    vec2 wanted = chroma_key_tint(key);
    vec2 tint = chroma_key_tint(color.rgb);
    // In units of the key's own saturation: 1 is as far as grey.
    float far = distance(tint, wanted) / max(length(wanted), 0.05);
    float stays = smoothstep(tolerance, tolerance + softness, far);
    vec2 way = wanted / max(length(wanted), 0.05);
    float tinged = 1.0 - smoothstep(tolerance, tolerance + 3.0 * softness + 0.3, far);
    vec2 removed = way * max(dot(tint, way), 0.0) * spill * tinged;
    vec3 cleaned = color.rgb - vec3(1.402 * removed.y, -0.344 * removed.x - 0.714 * removed.y, 1.772 * removed.x);
    vec4 behind = texture(other, uv);
    return vec4(mix(color.rgb * (1.0 - behind.a) + behind.rgb, cleaned, stays), color.a);
}
