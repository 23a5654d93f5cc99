    vec2 uv = crop(v_uv, f0_left, f0_top, f0_width, f0_height, f0_fit);
    vec4 color = fetch(u_src, uv);
    color.rgb = clamp(color.rgb * f1_by + f1_plus, f1_low, f1_high);
    color.rgb = clamp(saturation(color, v_uv, f3_amount_flat).rgb, 0.0, 1.0);
    color.rgb = clamp(contrast(color, v_uv, f4_amount).rgb, 0.0, 1.0);
    color.rgb = clamp(sepia(color, v_uv, f5_amount).rgb, 0.0, 1.0);
    color.rgb = clamp(color.rgb * f6_by + f6_plus, f6_low, f6_high);
    o_color = color;
}
