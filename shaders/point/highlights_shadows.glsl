// kind: point
// category: colour
// label: Highlights and shadows / 高光与阴影
// param: highlights number -1 1 0 / Highlights / 高光
// param: shadows number -1 1 0 / Shadows / 阴影
// identity: highlights=0 shadows=0
// Bright or dark parts lighter or darker with their hue kept. The two humps y(1-y)^3 and y^3(1-y) are weighted so that
// brightness still rises everywhere, whatever the two parameters are.
vec4 highlights_shadows(vec4 color, vec2 uv, float highlights, float shadows) {
    float y = clamp(dot(color.rgb, vec3(0.2126, 0.7152, 0.0722)), 0.0, 1.0);
    float dark = y * (1.0 - y) * (1.0 - y) * (1.0 - y);
    float bright = (1.0 - y) * y * y * y;
    float lifted = dark * shadows * (shadows > 0.0 ? 1.4 : 0.9);
    float shifted = y + lifted + bright * highlights * (highlights < 0.0 ? 1.4 : 0.9);
    return vec4(color.rgb * shifted / max(y, 1e-4), color.a);
}
